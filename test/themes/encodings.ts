import { sqlTheme, type Theme } from "./theme.ts";

/** A character of the server's encoding in every kind of name, and every byte in values. */
const NAMED = (name: string): string => `
CREATE SCHEMA "${name}";
CREATE TYPE "${name}"."e${name}" AS ENUM ('${name}', 'other');
CREATE DOMAIN "${name}"."d${name}" AS text DEFAULT '${name}' CHECK (VALUE <> '${name}!');
CREATE TABLE "${name}"."${name}" ("${name}" text DEFAULT '${name}', kind "${name}"."e${name}", d "${name}"."d${name}", CONSTRAINT "c${name}" CHECK ("${name}" <> 'x${name}'));
CREATE INDEX "i${name}" ON "${name}"."${name}" (lower("${name}")) WHERE "${name}" <> '${name}';
CREATE FUNCTION "${name}"."${name}"("${name}" text) RETURNS text LANGUAGE sql AS 'SELECT ''${name}'' || $1 -- ${name}';
CREATE VIEW "${name}"."v${name}" AS SELECT "${name}" || '${name}' AS "${name}" FROM "${name}"."${name}";
CREATE SEQUENCE "${name}"."s${name}"; SELECT setval('"${name}"."s${name}"', 42);
COMMENT ON TABLE "${name}"."${name}" IS '${name} and more'; COMMENT ON DATABASE $DATABASE IS '${name}';
INSERT INTO "${name}"."${name}" VALUES (DEFAULT, '${name}', DEFAULT), ('', NULL, ''), (E'${name}\\\\\\t${name}', 'other', NULL);
SELECT lo_from_bytea(5000, '\\x00ff'); COMMENT ON LARGE OBJECT 5000 IS '${name}';
ALTER DATABASE $DATABASE SET "app.${"name"}" = '${name}';`;

const EVERY_BYTE = `
CREATE TABLE public.every_byte AS SELECT n, convert_from(set_byte('\\x00'::bytea, 0, n), getdatabaseencoding()) AS c,
  'a' || convert_from(set_byte('\\x00'::bytea, 0, n), getdatabaseencoding()) || '"' AS within FROM generate_series(1, 255) AS n;
ALTER TABLE public.every_byte ADD list text[]; UPDATE public.every_byte SET list = ARRAY[c, NULL, within];`;

const inEncoding = (encoding: string): string =>
  `ENCODING '${encoding}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`;

/** Native pg_dump would otherwise do as the database says. */
const judging = { dumpArgs: ["--encoding=UTF8"] };

export const latin1: Theme = sqlTheme({
  id: "latin1",
  createOptions: inEncoding("LATIN1"),
  judging,
  sql: [NAMED("é ü ÿ"), EVERY_BYTE, "ALTER DATABASE $DATABASE SET client_encoding = 'MULE_INTERNAL'"],
});

/** Bytes that are é in LATIN1 and nothing in UTF-8, where text can stand that our own statements need not name. */
const INVALID = "convert_from('\\x7072e978'::bytea, 'SQL_ASCII')";
const NO_TEXT = `
CREATE TABLE public.bytes (a text, b text);
DO $$BEGIN
  EXECUTE 'ALTER TABLE public.bytes ALTER b SET DEFAULT ''' || ${INVALID} || '''';
  EXECUTE 'COMMENT ON TABLE public.bytes IS ''' || ${INVALID} || '''';
  EXECUTE 'CREATE FUNCTION public.' || ${INVALID} || '(' || ${INVALID} || ' text) RETURNS text LANGUAGE sql AS ''SELECT ''''' || ${INVALID} || '''''''';
  EXECUTE 'CREATE TYPE public.' || ${INVALID} || ' AS ENUM (''' || ${INVALID} || ''', ''plain'')';
  EXECUTE 'CREATE INDEX ' || ${INVALID} || ' ON public.bytes ((a || ''' || ${INVALID} || '''))';
  EXECUTE 'CREATE VIEW public.shown AS SELECT a, ''' || ${INVALID} || '''::text AS c FROM public.bytes';
END$$;
INSERT INTO public.bytes VALUES (${INVALID}, DEFAULT), (${INVALID} || E'\\t\\\\\\n', NULL), ('', 'é');`;

export const sqlAscii: Theme = sqlTheme({
  id: "sql-ascii",
  createOptions: inEncoding("SQL_ASCII"),
  judging: { dumpArgs: ["--encoding=SQL_ASCII"] },
  sql: [NAMED("日本 é"), EVERY_BYTE, NO_TEXT],
});

/** A word of its own in encodings that take less to go through the engine alone. */
export const otherEncodings: Readonly<Record<string, Theme>> = Object.fromEntries(
  Object.entries({
    WIN1252: "€uro",
    LATIN9: "œuvre €",
    KOI8R: "дом",
    EUC_JP: "日本語",
    EUC_KR: "한국어",
    EUC_CN: "中文",
  }).map(([encoding, word]) => {
    const id = encoding.toLowerCase().replace("_", "-");
    return [encoding, sqlTheme({ id, createOptions: inEncoding(encoding), judging, sql: [NAMED(word)] })];
  }),
);

import { sqlTheme } from "./theme.ts";

const ROLES = ["theme_owner", "theme_reader", 'theme "setting"', "theme_granting"] as const;

const PROPERTIES = `
ALTER DATABASE $DATABASE OWNER TO theme_owner; ALTER DATABASE $DATABASE CONNECTION LIMIT 37; ALTER DATABASE $DATABASE IS_TEMPLATE true;
COMMENT ON DATABASE $DATABASE IS E'the shop''s \\\\ "database"\\nsecond line \\\\restrict';
ALTER DATABASE $DATABASE SET search_path = 'odd, "path', public, "$user"; ALTER DATABASE $DATABASE SET work_mem = '5MB'; ALTER DATABASE $DATABASE SET "my.setting" = E'it''s \\\\ a\\nvalue';
ALTER DATABASE $DATABASE SET DateStyle = 'German'; ALTER DATABASE $DATABASE SET TimeZone = 'Asia/Kathmandu'; ALTER DATABASE $DATABASE SET default_transaction_isolation = 'serializable';
ALTER DATABASE $DATABASE SET bytea_output = 'escape'; ALTER DATABASE $DATABASE SET extra_float_digits = -15; ALTER DATABASE $DATABASE SET IntervalStyle = 'sql_standard';
ALTER DATABASE $DATABASE SET default_table_access_method = 'heap'; ALTER DATABASE $DATABASE SET check_function_bodies = off; ALTER DATABASE $DATABASE SET statement_timeout = '1h';
ALTER DATABASE $DATABASE SET temp_tablespaces = ''; ALTER DATABASE $DATABASE SET default_toast_compression = 'pglz'; ALTER DATABASE $DATABASE SET row_security = off;
ALTER DATABASE $DATABASE SET default_text_search_config = 'pg_catalog.german'; ALTER DATABASE $DATABASE SET quote_all_identifiers = on; ALTER DATABASE $DATABASE SET array_nulls = off;
ALTER ROLE theme_reader IN DATABASE $DATABASE SET statement_timeout = '7s'; ALTER ROLE theme_reader IN DATABASE $DATABASE SET search_path = ''; ALTER ROLE "theme ""setting""" IN DATABASE $DATABASE SET role = 'theme_reader';
ALTER ROLE "theme ""setting""" IN DATABASE $DATABASE SET "my.secret" = 'swordfish';
GRANT CONNECT ON DATABASE $DATABASE TO theme_granting WITH GRANT OPTION; REVOKE TEMPORARY ON DATABASE $DATABASE FROM PUBLIC; GRANT CREATE ON DATABASE $DATABASE TO theme_reader; REVOKE CREATE ON DATABASE $DATABASE FROM theme_owner;
SET ROLE theme_granting; GRANT CONNECT ON DATABASE $DATABASE TO theme_reader; RESET ROLE;
`;

const CONTENT = `
CREATE TABLE public.day (at timestamptz DEFAULT now(), d date, f float8, b bytea, i interval, a int[]);
INSERT INTO public.day VALUES ('2026-03-29 02:30:00+00', '2026-01-02', 0.1, '\\x00ff', '1-2', '{1,2}');
CREATE MATERIALIZED VIEW public.shown AS SELECT d::text AS d, at::text AS at, b::text AS b, f::text AS f, i::text AS i, to_tsvector('Häuser')::text AS v FROM public.day;
`;

const LARGE_OBJECTS = `
SELECT lo_from_bytea(1, 'one'), lo_create(2), lo_from_bytea(4294967295, decode(repeat('00ff5c', 3000), 'hex')), lo_from_bytea(2147483648, 'past an int');
SELECT lo_from_bytea(n, ('many ' || n)::bytea) FROM generate_series(100, 350) n;
ALTER LARGE OBJECT 1 OWNER TO theme_owner; GRANT SELECT ON LARGE OBJECT 1 TO theme_granting WITH GRANT OPTION;
SET ROLE theme_granting; GRANT SELECT ON LARGE OBJECT 1 TO theme_reader; RESET ROLE;
REVOKE ALL ON LARGE OBJECT 2 FROM postgres; GRANT ALL ON LARGE OBJECT 4294967295 TO PUBLIC; ALTER LARGE OBJECT 4294967295 OWNER TO "theme ""setting""";
COMMENT ON LARGE OBJECT 4294967295 IS E'the last ''one'' \\\\'; COMMENT ON LARGE OBJECT 2 IS 'empty';
DO $$ DECLARE fd int; BEGIN PERFORM lo_create(5); fd := lo_open(5, x'20000'::int); PERFORM lo_lseek64(fd, 100000, 0); PERFORM lowrite(fd, 'far'); PERFORM lo_close(fd); END $$;
DO $$ DECLARE fd int; BEGIN PERFORM lo_create(6); fd := lo_open(6, x'20000'::int); PERFORM lowrite(fd, 'cut short'); PERFORM lo_truncate64(fd, 70000); PERFORM lo_close(fd); END $$;
`;

/** The session that has made all this does not know the database's settings yet. */
const AS_NEW_SESSIONS_SEE_IT = `
SET DateStyle = 'German'; SET TimeZone = 'Asia/Kathmandu'; SET bytea_output = 'escape'; SET extra_float_digits = -15; SET IntervalStyle = 'sql_standard'; SET default_text_search_config = 'pg_catalog.german';
REFRESH MATERIALIZED VIEW public.shown; RESET ALL;
`;

/** What belongs to the database itself and is in no schema. */
export const database = sqlTheme({
  id: "database",
  roles: ROLES,
  createOptions: "TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'de' ICU_RULES '&V << w <<< W'",
  sql: [CONTENT, LARGE_OBJECTS, PROPERTIES, AS_NEW_SESSIONS_SEE_IT],
  unmake: async ({ name, query }) => {
    await query(`ALTER DATABASE "${name}" IS_TEMPLATE false`);
  },
});

/** Without what every new database has, and with what it has made anew. */
export const bare = sqlTheme({
  id: "bare",
  createOptions: "TEMPLATE template0 LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' ENCODING 'UTF8'",
  sql: [
    "DROP SCHEMA public; DROP EXTENSION plpgsql",
    "CREATE SCHEMA own; CREATE TABLE own.t (id int); INSERT INTO own.t VALUES (1)",
  ],
});

export const anew = sqlTheme({
  id: "anew",
  roles: ["theme_anew"],
  sql: [
    "DROP SCHEMA public; CREATE SCHEMA public AUTHORIZATION theme_anew; DROP EXTENSION plpgsql; CREATE SCHEMA languages; CREATE EXTENSION plpgsql",
    "CREATE TABLE public.t (id int); CREATE FUNCTION public.f() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END'; INSERT INTO public.t VALUES (1); GRANT USAGE ON SCHEMA public TO PUBLIC",
    "REVOKE ALL ON LANGUAGE plpgsql FROM PUBLIC; GRANT USAGE ON LANGUAGE plpgsql TO theme_anew; COMMENT ON EXTENSION plpgsql IS 'own words'; COMMENT ON SCHEMA public IS 'made anew'",
  ],
});

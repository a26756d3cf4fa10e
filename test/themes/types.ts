import { sqlTheme } from "./theme.ts";

const DOMAINS = `
CREATE SCHEMA "Odd";
CREATE DOMAIN public.positive AS int DEFAULT 7 CONSTRAINT "more than 0" CHECK (VALUE > 0) CHECK (VALUE < 1000000);
CREATE DOMAIN public.cautious AS public.positive NOT NULL CONSTRAINT even CHECK (VALUE % 2 = 0);
CREATE DOMAIN public.words AS text[] COLLATE "C" CHECK (array_length(VALUE, 1) < 5);
CREATE DOMAIN public.unproven AS int; 
CREATE TABLE public.of_domains (a public.positive, b public.cautious, c public.words, d public.unproven, e public.positive[]);
INSERT INTO public.of_domains VALUES (DEFAULT, 8, '{a,NULL,"b c"}', -5, '{1,2}'), (1, 2, NULL, NULL, '{}');
ALTER DOMAIN public.unproven ADD CONSTRAINT not_yet CHECK (VALUE > 0) NOT VALID;
COMMENT ON CONSTRAINT even ON DOMAIN public.cautious IS 'on a constraint of a domain';
COMMENT ON DOMAIN public.words IS 'words';
CREATE TYPE "Odd"."En um" AS ENUM ('', 'a', ' ', 'it''s', '"', '\\', E'new\\nline', '🐘', '${"l".repeat(63)}');
ALTER TYPE "Odd"."En um" ADD VALUE 'between' BEFORE 'a'; ALTER TYPE "Odd"."En um" RENAME VALUE ' ' TO 'space';
CREATE TYPE public.no_labels AS ENUM ();
CREATE TYPE public.nothing AS ();
CREATE TYPE public.composite AS (a int, b "Odd"."En um"[], c text COLLATE "POSIX", d numeric(5,2), "e ""f""" public.positive);
ALTER TYPE public.composite DROP ATTRIBUTE a; ALTER TYPE public.composite ADD ATTRIBUTE z date;
COMMENT ON COLUMN public.composite.c IS 'an attribute';
CREATE TYPE public.nested AS (one public.composite, many public.composite[], self public.nothing);
CREATE TABLE public.of_types (e "Odd"."En um", es "Odd"."En um"[], c public.composite, n public.nested, x public.nothing, l public.no_labels);
`;

const RANGES = `
INSERT INTO public.of_types SELECT v, ARRAY[v, NULL], ROW(ARRAY[v], 'c,"\\', 1.5, 3, '2026-01-01')::public.composite, NULL::public.nested, ROW()::public.nothing, NULL::public.no_labels FROM unnest(enum_range(NULL::"Odd"."En um")) v;
INSERT INTO public.of_types (n) VALUES (ROW(ROW(NULL, NULL, NULL, NULL, NULL), ARRAY[ROW(ARRAY['a']::"Odd"."En um"[], '', 2, 1, NULL)::public.composite], NULL));
CREATE FUNCTION public.apart(a time, b time) RETURNS float8 LANGUAGE sql IMMUTABLE STRICT RETURN extract(epoch FROM a - b);
CREATE TYPE public.timerange AS RANGE (subtype = time, subtype_diff = public.apart, multirange_type_name = public.many_times);
CREATE TYPE public.textrange AS RANGE (subtype = text, collation = "C", subtype_opclass = text_pattern_ops);
CREATE TYPE public.stepped AS RANGE (subtype = float8, subtype_diff = float8mi, multirange_type_name = "Odd"."many stepped");
CREATE TYPE public.whole;
CREATE FUNCTION public.whole_canonical(public.whole) RETURNS public.whole LANGUAGE internal IMMUTABLE STRICT AS 'int4range_canonical';
CREATE TYPE public.whole AS RANGE (subtype = int4, canonical = public.whole_canonical, subtype_diff = int4range_subdiff);
CREATE TABLE public.of_ranges (a public.timerange, b public.many_times, c public.textrange, d "Odd"."many stepped", e public.whole, f public.timerange[]);
INSERT INTO public.of_ranges VALUES ('[10:00,11:00)', '{[10:00,11:00),[12:00,13:00)}', '["a,b","c\\"d")', '{(,1.5],[2,)}', '[1,5]', ARRAY['empty'::public.timerange, NULL]);
CREATE INDEX ON public.of_ranges USING gist (a);
CREATE TABLE public.excluded (d public.timerange, EXCLUDE USING gist (d WITH &&)); INSERT INTO public.excluded SELECT a FROM public.of_ranges;
COMMENT ON TYPE public.timerange IS 'times'; COMMENT ON TYPE "Odd"."En um" IS 'odd';
`;

const BASE_TYPES = `
CREATE TYPE public.shell_only;
CREATE TYPE public.counted;
CREATE FUNCTION public.counted_in(cstring) RETURNS public.counted LANGUAGE internal IMMUTABLE STRICT AS 'int8in';
CREATE FUNCTION public.counted_out(public.counted) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'int8out';
CREATE FUNCTION public.counted_recv(internal) RETURNS public.counted LANGUAGE internal IMMUTABLE STRICT AS 'int8recv';
CREATE FUNCTION public.counted_send(public.counted) RETURNS bytea LANGUAGE internal IMMUTABLE STRICT AS 'int8send';
CREATE TYPE public.counted (INPUT = public.counted_in, OUTPUT = public.counted_out, RECEIVE = public.counted_recv, SEND = public.counted_send, INTERNALLENGTH = 8, PASSEDBYVALUE, ALIGNMENT = double,
  STORAGE = plain, CATEGORY = 'N', PREFERRED = false, DEFAULT = '42', DELIMITER = ';');
CREATE TYPE public.texty;
CREATE FUNCTION public.texty_in(cstring) RETURNS public.texty LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION public.texty_out(public.texty) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE public.texty (INPUT = public.texty_in, OUTPUT = public.texty_out, LIKE = text, COLLATABLE = true, CATEGORY = 'X');
CREATE FUNCTION public.counted_eq(public.counted, public.counted) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int8eq';
CREATE FUNCTION public.counted_ne(public.counted, public.counted) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int8ne';
CREATE FUNCTION public.counted_lt(public.counted, public.counted) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int8lt';
CREATE FUNCTION public.counted_le(public.counted, public.counted) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int8le';
CREATE FUNCTION public.counted_gt(public.counted, public.counted) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int8gt';
CREATE FUNCTION public.counted_ge(public.counted, public.counted) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int8ge';
CREATE FUNCTION public.counted_cmp(public.counted, public.counted) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'btint8cmp';
CREATE FUNCTION public.counted_hash(public.counted) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'hashint8';
CREATE FUNCTION public.counted_hash_extended(public.counted, int8) RETURNS int8 LANGUAGE internal IMMUTABLE STRICT AS 'hashint8extended';
CREATE OPERATOR public.= (LEFTARG = public.counted, RIGHTARG = public.counted, FUNCTION = public.counted_eq, COMMUTATOR = OPERATOR(public.=), NEGATOR = OPERATOR(public.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
CREATE OPERATOR public.<> (LEFTARG = public.counted, RIGHTARG = public.counted, FUNCTION = public.counted_ne, COMMUTATOR = OPERATOR(public.<>), NEGATOR = OPERATOR(public.=), RESTRICT = neqsel, JOIN = neqjoinsel);
CREATE OPERATOR public.< (LEFTARG = public.counted, RIGHTARG = public.counted, FUNCTION = public.counted_lt, COMMUTATOR = OPERATOR(public.>), NEGATOR = OPERATOR(public.>=));
CREATE OPERATOR public.<= (LEFTARG = public.counted, RIGHTARG = public.counted, FUNCTION = public.counted_le, COMMUTATOR = OPERATOR(public.>=), NEGATOR = OPERATOR(public.>));
CREATE OPERATOR public.> (LEFTARG = public.counted, RIGHTARG = public.counted, FUNCTION = public.counted_gt, COMMUTATOR = OPERATOR(public.<), NEGATOR = OPERATOR(public.<=));
CREATE OPERATOR public.>= (LEFTARG = public.counted, RIGHTARG = public.counted, FUNCTION = public.counted_ge, COMMUTATOR = OPERATOR(public.<=), NEGATOR = OPERATOR(public.<));
CREATE OPERATOR FAMILY public.counted_family USING btree;
CREATE OPERATOR CLASS public.counted_ops DEFAULT FOR TYPE public.counted USING btree FAMILY public.counted_family AS
  OPERATOR 1 public.<, OPERATOR 2 public.<=, OPERATOR 3 public.=, OPERATOR 4 public.>=, OPERATOR 5 public.>, FUNCTION 1 public.counted_cmp(public.counted, public.counted);
CREATE OPERATOR CLASS public."hash ""ops""" DEFAULT FOR TYPE public.counted USING hash AS OPERATOR 1 public.=, FUNCTION 1 public.counted_hash(public.counted), FUNCTION 2 public.counted_hash_extended(public.counted, int8);
CREATE FUNCTION public.mixed_cmp(public.counted, int8) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'btint8cmp';
CREATE FUNCTION public.mixed_lt(public.counted, int8) RETURNS bool LANGUAGE internal IMMUTABLE STRICT AS 'int8lt';
CREATE OPERATOR public.< (LEFTARG = public.counted, RIGHTARG = int8, FUNCTION = public.mixed_lt);
ALTER OPERATOR FAMILY public.counted_family USING btree ADD OPERATOR 1 public.< (public.counted, int8), FUNCTION 1 (public.counted, int8) public.mixed_cmp(public.counted, int8);
CREATE OPERATOR FAMILY "Odd"."empty family" USING gist;
CREATE FUNCTION public.negate(public.counted) RETURNS public.counted LANGUAGE internal IMMUTABLE STRICT AS 'int8um';
CREATE OPERATOR "Odd".@#- (RIGHTARG = public.counted, FUNCTION = public.negate);
COMMENT ON OPERATOR public.= (public.counted, public.counted) IS 'equal'; COMMENT ON OPERATOR "Odd".@#- (NONE, public.counted) IS 'prefix';
COMMENT ON OPERATOR CLASS public.counted_ops USING btree IS 'class'; COMMENT ON OPERATOR FAMILY public.counted_family USING btree IS 'family';
CREATE TABLE public.of_base (c public.counted, cs public.counted[], t public.texty, ts public.texty COLLATE "C");
INSERT INTO public.of_base VALUES (DEFAULT, '{1;2;NULL}', 'text', NULL), ('9223372036854775807', '{}', '', 'c');
CREATE UNIQUE INDEX ON public.of_base (c); CREATE INDEX ON public.of_base USING hash (c);
CREATE TABLE public.keyed_by_base (c public.counted PRIMARY KEY, CHECK (c OPERATOR(public.>) '0'::public.counted)) PARTITION BY HASH (c);
CREATE TABLE public.keyed_0 PARTITION OF public.keyed_by_base FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE public.keyed_1 PARTITION OF public.keyed_by_base FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO public.keyed_by_base SELECT n::text::public.counted FROM generate_series(1, 30) n;
CREATE CAST (public.counted AS int8) WITHOUT FUNCTION AS IMPLICIT;
`;

const CASTS = `
CREATE CAST (int8 AS public.counted) WITHOUT FUNCTION AS ASSIGNMENT;
CREATE CAST (public.texty AS public.counted) WITH INOUT;
CREATE FUNCTION public.to_composite(text) RETURNS public.composite LANGUAGE sql IMMUTABLE AS $$ SELECT ROW(NULL, $1, 1, 2, NULL)::public.composite $$;
CREATE CAST (text AS public.composite) WITH FUNCTION public.to_composite(text) AS ASSIGNMENT;
CREATE CAST ("Odd"."En um" AS int) WITH INOUT;
COMMENT ON CAST (text AS public.composite) IS 'a cast';
CREATE COLLATION public.german (provider = icu, locale = 'de-u-co-phonebk');
CREATE COLLATION public.blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE COLLATION public.ruled (provider = icu, locale = 'en', rules = '&V << w <<< W & z < ''"''');
CREATE COLLATION public.from_libc (provider = libc, lc_collate = 'C', lc_ctype = 'C.UTF-8');
CREATE COLLATION "Odd"."built in" (provider = builtin, locale = 'C.UTF-8');
CREATE COLLATION public.fast (provider = builtin, locale = 'PG_UNICODE_FAST');
CREATE COLLATION public.copied FROM "POSIX";
COMMENT ON COLLATION public.blind IS 'insensitive';
CREATE TABLE public.sorted (a text COLLATE public.german, b text COLLATE public.blind PRIMARY KEY, c varchar(9) COLLATE "Odd"."built in", d text COLLATE public.ruled CHECK (d < 'z' COLLATE public.fast));
INSERT INTO public.sorted VALUES ('ä', 'A', 'ß', 'v'), ('a', 'b', 'c', 'w'); CREATE INDEX ON public.sorted (a DESC, c COLLATE public.copied);
CREATE TABLE public.blind_parts (v text COLLATE public.blind) PARTITION BY HASH (v);
CREATE TABLE public.blind_0 PARTITION OF public.blind_parts FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE public.blind_1 PARTITION OF public.blind_parts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO public.blind_parts VALUES ('a'), ('A'), ('b'), ('B'), ('c');
CREATE CONVERSION public.odd_conversion FOR 'LATIN1' TO 'UTF8' FROM pg_catalog.iso8859_1_to_utf8;
CREATE DEFAULT CONVERSION "Odd"."default" FOR 'UTF8' TO 'LATIN1' FROM pg_catalog.utf8_to_iso8859_1;
COMMENT ON CONVERSION public.odd_conversion IS 'converts';
`;

export const types = sqlTheme({ id: "types", sql: [DOMAINS, RANGES, BASE_TYPES, CASTS] });

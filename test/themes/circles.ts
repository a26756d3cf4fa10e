import { sqlTheme } from "./theme.ts";

/** Of functions, views and tables that need each other, in each of the ways in which one can get so far. */
const FUNCTIONS = `
CREATE SCHEMA "odd.schema";
CREATE TABLE public.t (id int PRIMARY KEY, v text); INSERT INTO public.t VALUES (1, 'one'), (2, 'two');
CREATE FUNCTION public.in_view() RETURNS bigint LANGUAGE sql AS 'SELECT 1'; CREATE VIEW public.asks AS SELECT id, public.in_view() AS n FROM public.t;
CREATE OR REPLACE FUNCTION public.in_view() RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT count(*) FROM public.asks WHERE id > 100000);
CREATE FUNCTION public.in_default() RETURNS bigint LANGUAGE sql AS 'SELECT 1'; CREATE TABLE public.defaulting (id int, n bigint DEFAULT public.in_default()); INSERT INTO public.defaulting (id) VALUES (1);
CREATE OR REPLACE FUNCTION public.in_default() RETURNS bigint LANGUAGE sql STABLE RETURN (SELECT count(*) FROM public.defaulting);
CREATE FUNCTION public.in_check(int) RETURNS bool LANGUAGE sql AS 'SELECT true'; CREATE TABLE public.checking (id int CHECK (public.in_check(id))); INSERT INTO public.checking VALUES (1);
CREATE OR REPLACE FUNCTION public.in_check(int) RETURNS bool LANGUAGE sql STABLE RETURN (SELECT count(*) >= 0 FROM public.checking WHERE id = $1);
CREATE FUNCTION public.in_generated(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1'; CREATE TABLE public.generating (id int, g int GENERATED ALWAYS AS (public.in_generated(id)) STORED);
INSERT INTO public.generating VALUES (1), (5);
CREATE FUNCTION public.in_index(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1'; CREATE TABLE public.indexing (id int); CREATE INDEX ON public.indexing (public.in_index(id)); INSERT INTO public.indexing VALUES (1);
CREATE OR REPLACE FUNCTION public.in_index(int) RETURNS int LANGUAGE sql IMMUTABLE RETURN (SELECT $1 + count(*)::int FROM public.indexing WHERE false);
CREATE FUNCTION "odd.schema"."a(b"(n int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public."c "" ."(n int) RETURNS int LANGUAGE sql RETURN CASE WHEN n > 0 THEN "odd.schema"."a(b"(n - 1) ELSE 0 END;
CREATE OR REPLACE FUNCTION "odd.schema"."a(b"(n int) RETURNS int LANGUAGE sql RETURN CASE WHEN n > 0 THEN public."c "" ."(n - 1) ELSE length('public.nothing(') END;
CREATE DOMAIN public.checked AS int; CREATE FUNCTION public.of_domain(int) RETURNS bool LANGUAGE sql STABLE AS 'SELECT true'; ALTER DOMAIN public.checked ADD CHECK (public.of_domain(VALUE)); CREATE TABLE public.of_checked (c public.checked); INSERT INTO public.of_checked VALUES (5); CREATE OR REPLACE FUNCTION public.of_domain(int) RETURNS bool LANGUAGE sql STABLE RETURN (SELECT $1 > 0 AND count(*) >= 0 FROM public.of_checked WHERE c IS NULL);
CREATE TABLE public.a_rows (id int); CREATE TABLE public.b_rows (a public.a_rows); ALTER TABLE public.a_rows ADD b int; INSERT INTO public.a_rows VALUES (1, 2); INSERT INTO public.b_rows SELECT a FROM public.a_rows a;
CREATE FUNCTION public.row_of(public.t) RETURNS text LANGUAGE sql STABLE RETURN ($1).v || $1.id; CREATE VIEW public.with_row AS SELECT t.row_of, t AS whole FROM public.t; CREATE INDEX whole_row ON public.b_rows ((a IS NULL));
ALTER TABLE public.t ENABLE ROW LEVEL SECURITY; ALTER TABLE public.defaulting ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON public.t USING (id IN (SELECT d.id FROM public.defaulting d)); CREATE POLICY p ON public.defaulting USING (id IN (SELECT t.id FROM public.t));
CREATE MATERIALIZED VIEW public.z AS SELECT id FROM public.t; CREATE FUNCTION public.of_z() RETURNS SETOF public.z LANGUAGE sql BEGIN ATOMIC SELECT * FROM public.z; END; CREATE MATERIALIZED VIEW public.a AS SELECT * FROM public.of_z();
CREATE VIEW public.renamed AS SELECT * FROM public.t JOIN (SELECT id, n FROM public.defaulting) d USING (id); ALTER TABLE public.t RENAME v TO "v ""new"""; ALTER TABLE public.defaulting RENAME id TO other;
CREATE FUNCTION public.with_dropped() RETURNS SETOF public.indexing LANGUAGE sql AS 'SELECT * FROM public.indexing'; ALTER TABLE public.indexing ADD gone int; CREATE VIEW public.over_dropped AS SELECT * FROM public.with_dropped(); 
CREATE TABLE public.sub (LIKE public.t INCLUDING ALL); CREATE RULE chain_a AS ON UPDATE TO public.sub DO ALSO INSERT INTO public.a_rows VALUES (NEW.id, 1); CREATE RULE chain_b AS ON INSERT TO public.a_rows DO ALSO DELETE FROM public.sub WHERE id = NEW.id;
`;

const TYPES = `
CREATE TYPE public.short; CREATE FUNCTION public.short_in(cstring, oid, int) RETURNS public.short LANGUAGE internal IMMUTABLE STRICT AS 'varcharin'; CREATE FUNCTION public.short_out(public.short) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varcharout';
CREATE FUNCTION public.short_mod_in(cstring[]) RETURNS int LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodin'; CREATE FUNCTION public.short_mod_out(int) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'varchartypmodout';
CREATE FUNCTION public.short_analyze(internal) RETURNS bool LANGUAGE internal STRICT AS 'range_typanalyze';
CREATE TYPE public.short (INPUT = public.short_in, OUTPUT = public.short_out, TYPMOD_IN = public.short_mod_in, TYPMOD_OUT = public.short_mod_out, LIKE = text, COLLATABLE = true, PREFERRED = true, CATEGORY = 'Q');
CREATE TYPE public.pair8; CREATE FUNCTION public.pair8_in(cstring) RETURNS public.pair8 LANGUAGE internal IMMUTABLE STRICT AS 'point_in'; CREATE FUNCTION public.pair8_out(public.pair8) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'point_out';
CREATE TYPE public.pair8 (INPUT = public.pair8_in, OUTPUT = public.pair8_out, INTERNALLENGTH = 16, ALIGNMENT = double, ELEMENT = float8, SUBSCRIPT = pg_catalog.raw_array_subscript_handler, DELIMITER = '|');
CREATE TABLE public.of_short (s public.short(3), ss public.short(9)[], p public.pair8, ps public.pair8[]); INSERT INTO public.of_short VALUES ('abc', '{a,"b c"}', '(1,2)', '{"(1,2)"|NULL}');
CREATE FUNCTION public.far(point, point) RETURNS float8 LANGUAGE internal IMMUTABLE STRICT AS 'point_distance'; CREATE OPERATOR public.<~> (LEFTARG = point, RIGHTARG = point, FUNCTION = public.far, COMMUTATOR = OPERATOR(public.<~>));
CREATE OPERATOR CLASS public.nearest FOR TYPE point USING gist AS OPERATOR 15 public.<~> (point, point) FOR ORDER BY pg_catalog.float_ops, FUNCTION 1 gist_point_consistent(internal, point, smallint, oid, internal), FUNCTION 2 gist_box_union(internal, internal), FUNCTION 3 gist_point_compress(internal),
  FUNCTION 5 gist_box_penalty(internal, internal, internal), FUNCTION 6 gist_box_picksplit(internal, internal), FUNCTION 7 gist_box_same(box, box, internal), FUNCTION 8 (point, point) gist_point_distance(internal, point, smallint, oid, internal), STORAGE box;
CREATE TABLE public.near (p point); INSERT INTO public.near VALUES ('(1,1)'), ('(2,2)'); CREATE INDEX ON public.near USING gist (p public.nearest);
CREATE TABLE public.standards (a information_schema.sql_identifier, b information_schema.cardinal_number, c pg_catalog.pg_lsn, d regtype, e pg_catalog.name, f "char", g xid8, h tid, i pg_catalog.oidvector, j int2vector);
INSERT INTO public.standards VALUES ('a', 1, '0/1', 'public.short', 'n', 'c', '7', '(1,2)', '1 2', '3 4');
CREATE SCHEMA by_owner AUTHORIZATION pg_database_owner; GRANT SELECT ON public.near TO pg_read_all_stats, pg_database_owner; CREATE TABLE by_owner.t (id int); ALTER TABLE by_owner.t OWNER TO pg_database_owner;
CREATE FUNCTION public.like_column(public.t.id%TYPE) RETURNS public.near.p%TYPE LANGUAGE sql RETURN NULL::point; CREATE SEQUENCE by_owner.other; CREATE TABLE public.from_other (id int DEFAULT nextval('by_owner.other')); ALTER SEQUENCE by_owner.other OWNER TO pg_database_owner; ALTER SEQUENCE by_owner.other OWNED BY by_owner.t.id;
`;

export const circles = sqlTheme({ id: "circles", sql: [FUNCTIONS, TYPES] });

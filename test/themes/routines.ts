import { sqlTheme } from "./theme.ts";

const PLAIN = `
CREATE SCHEMA calc;
CREATE TABLE public.base (id int PRIMARY KEY, v text, n numeric);
INSERT INTO public.base SELECT i, 'v' || i, i / 3.0 FROM generate_series(1, 20) i;
CREATE FUNCTION public.defaults(a int, b text DEFAULT 'it''s', VARIADIC c int[] DEFAULT '{1,2}') RETURNS text LANGUAGE sql STABLE COST 7 PARALLEL SAFE LEAKPROOF STRICT
  SET search_path TO 'public', 'pg_temp', '"odd, path"' SET work_mem = '7MB' SET DateStyle FROM CURRENT AS $$ SELECT a || b || c::text $$;
CREATE FUNCTION public.outs(IN a int, OUT b int, INOUT c text, OUT "d e" date) LANGUAGE plpgsql AS $f$ BEGIN b := a; "d e" := '2026-01-01'; END $f$;
CREATE FUNCTION public.rows(int DEFAULT 3) RETURNS TABLE (id int, "v ""w""" text) LANGUAGE sql ROWS 17 SECURITY DEFINER AS 'SELECT id, v FROM public.base LIMIT $1';
CREATE FUNCTION public.set_of() RETURNS SETOF public.base LANGUAGE sql AS 'SELECT * FROM public.base';
CREATE FUNCTION public.poly(anyelement, anyarray, anycompatible, VARIADIC anycompatiblearray) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION public.any_variadic(VARIADIC "any") RETURNS int LANGUAGE internal IMMUTABLE AS 'pg_num_nulls';
CREATE FUNCTION public."quo""te's"("a ""b""" int) RETURNS int LANGUAGE plpgsql AS 'BEGIN /* it''s \\ $$ $_$ */ RETURN "quo""te''s"."a ""b"""; END';
CREATE FUNCTION public.dollars() RETURNS text LANGUAGE sql AS 'SELECT ''$_$ $$ $body$ \\restrict'' -- ends so';
CREATE FUNCTION public.crlf() RETURNS text LANGUAGE plpgsql AS E'BEGIN\\r\\n  RETURN ''a'';\\r\\nEND';
CREATE FUNCTION public.record_out() RETURNS record LANGUAGE sql AS 'SELECT 1, 2';
CREATE FUNCTION public.nothing() RETURNS void LANGUAGE sql BEGIN ATOMIC END;
CREATE FUNCTION public.windowed() RETURNS int8 LANGUAGE internal WINDOW IMMUTABLE AS 'window_row_number';
CREATE FUNCTION public.supported(int, int) RETURNS SETOF int LANGUAGE internal IMMUTABLE STRICT ROWS 5 SUPPORT pg_catalog.generate_series_int4_support AS 'generate_series_int4';
CREATE PROCEDURE public.act(INOUT a int, b text DEFAULT NULL) LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '1s' AS $$ BEGIN a := a + 1; END $$;
CREATE PROCEDURE calc.atomic(x int, OUT y int) LANGUAGE sql BEGIN ATOMIC INSERT INTO public.base VALUES (x, 'new') RETURNING id; END;
CREATE FUNCTION public.refers_to_nothing() RETURNS int LANGUAGE sql AS 'SELECT 1'; 
CREATE FUNCTION public.late_bound() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM public.does_not_exist); END';
COMMENT ON FUNCTION public.outs(int, text) IS 'outs'; COMMENT ON PROCEDURE public.act(int, text) IS 'acts'; COMMENT ON ROUTINE public.poly IS 'poly';
REVOKE ALL ON FUNCTION public.outs FROM PUBLIC; GRANT EXECUTE ON PROCEDURE public.act TO theme_caller WITH GRANT OPTION; ALTER FUNCTION public.rows(int) OWNER TO theme_caller;
ALTER FUNCTION public.nothing() DEPENDS ON EXTENSION plpgsql;
`;

const ATOMIC = `
CREATE FUNCTION public.counts() RETURNS bigint LANGUAGE sql STABLE BEGIN ATOMIC SELECT count(*) FROM public.base; END;
CREATE VIEW public.counting AS SELECT public.counts() AS n, id FROM public.base;
CREATE FUNCTION public.over_view(a int) RETURNS SETOF public.counting LANGUAGE sql BEGIN ATOMIC SELECT * FROM public.counting c WHERE c.id > a; SELECT n, id FROM public.counting; END;
CREATE TABLE public.derived (id int, n bigint DEFAULT public.counts(), CHECK (id <> 7));
CREATE FUNCTION public.of_derived(d public.derived) RETURNS bool LANGUAGE sql IMMUTABLE RETURN d.id > 1;
CREATE FUNCTION public.ok(int) RETURNS bool LANGUAGE sql IMMUTABLE RETURN $1 > 0;
ALTER TABLE public.derived ADD CONSTRAINT asked CHECK (public.ok(id)), ADD CONSTRAINT whole_row CHECK (public.of_derived(derived.*) OR id = 1);
INSERT INTO public.derived (id) VALUES (1), (2);
CREATE INDEX ON public.derived (public.ok(id)) WHERE public.ok(id);
CREATE FUNCTION public.pk_needed() RETURNS TABLE (id int, n bigint) LANGUAGE sql BEGIN ATOMIC SELECT b.id, count(*) FROM public.base b GROUP BY b.id, b.v; SELECT b.id, length(b.v) FROM public.base b GROUP BY b.id; END;
CREATE FUNCTION public.by_key(int) RETURNS text LANGUAGE sql BEGIN ATOMIC INSERT INTO public.base VALUES ($1) ON CONFLICT ON CONSTRAINT base_pkey DO UPDATE SET v = excluded.v; SELECT 'done' AS done; END;
CREATE VIEW public.uses_by_key AS SELECT public.by_key(id) FROM public.derived;
CREATE FUNCTION public.ping(n int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION public.pong(n int) RETURNS int LANGUAGE sql RETURN CASE WHEN n > 0 THEN public.ping(n - 1) END;
CREATE OR REPLACE FUNCTION public.ping(n int) RETURNS int LANGUAGE sql RETURN CASE WHEN n > 0 THEN public.pong(n - 1) END;
CREATE FUNCTION public.itself(n int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION public.itself(t text) RETURNS int LANGUAGE sql RETURN 1;
CREATE OR REPLACE FUNCTION public.itself(n int) RETURNS int LANGUAGE sql COST 9 SET work_mem = '9MB' BEGIN ATOMIC SELECT CASE WHEN n > 0 THEN public.itself(n - 1) ELSE public.itself('x'::text) END; END;
ALTER FUNCTION public.itself(int) OWNER TO theme_caller;
CREATE FUNCTION public.with_default(a int DEFAULT public.ping(1), b public.base DEFAULT NULL) RETURNS int LANGUAGE sql RETURN a;
`;

const AGGREGATES = `
CREATE FUNCTION public.add(numeric, numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN coalesce($1, 0) + coalesce($2, 0);
CREATE FUNCTION public.take_away(numeric, numeric) RETURNS numeric LANGUAGE sql IMMUTABLE RETURN $1 - coalesce($2, 0);
CREATE FUNCTION public.finish(numeric, VARIADIC "any") RETURNS numeric LANGUAGE internal IMMUTABLE AS 'numeric_uplus';
CREATE FUNCTION public.sfunc(text[], int, VARIADIC text[]) RETURNS text[] LANGUAGE sql IMMUTABLE RETURN $1 || $3;
CREATE AGGREGATE public.total(numeric) (SFUNC = public.add, STYPE = numeric, SSPACE = 64, INITCOND = '0', MSFUNC = public.add, MINVFUNC = public.take_away, MSTYPE = numeric, MINITCOND = '0', MFINALFUNC_MODIFY = READ_WRITE, PARALLEL = SAFE, COMBINEFUNC = public.add);
CREATE AGGREGATE calc."odd ""agg"""(int, VARIADIC text[]) (SFUNC = public.sfunc, STYPE = text[], FINALFUNC_MODIFY = SHAREABLE);
CREATE AGGREGATE public.all_rows(*) (SFUNC = int8inc, STYPE = int8, INITCOND = '5');
CREATE AGGREGATE public.biggest(int) (SFUNC = int4larger, STYPE = int, SORTOP = >);
CREATE AGGREGATE public.my_percentile(float8 ORDER BY float8) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_cont_float8_final);
CREATE AGGREGATE public.my_rank(VARIADIC "any" ORDER BY VARIADIC "any") (SFUNC = ordered_set_transition_multi, STYPE = internal, FINALFUNC = rank_final, FINALFUNC_EXTRA, HYPOTHETICAL);
CREATE AGGREGATE public.poly_agg(anycompatible) (SFUNC = array_append, STYPE = anycompatiblearray, INITCOND = '{}');
COMMENT ON AGGREGATE public.total(numeric) IS 'totals'; COMMENT ON AGGREGATE public.my_percentile(float8 ORDER BY float8) IS 'ordered'; COMMENT ON AGGREGATE public.all_rows(*) IS 'all';
ALTER AGGREGATE public.all_rows(*) OWNER TO theme_caller; GRANT EXECUTE ON FUNCTION public.biggest(int) TO theme_caller;
CREATE VIEW public.totals AS SELECT public.total(n) OVER (ORDER BY id ROWS 3 PRECEDING) AS t, public.all_rows(*) OVER () AS c, public.windowed() OVER (ORDER BY id) AS w FROM public.base;
CREATE MATERIALIZED VIEW public.medians AS SELECT public.my_percentile(0.5) WITHIN GROUP (ORDER BY n::float8) AS m, public.poly_agg(id ORDER BY v) AS ids FROM public.base;
`;

const LANGUAGES_AND_SEARCH = `
CREATE FUNCTION public.call_handler() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
CREATE FUNCTION public.inline_handler(internal) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_inline_handler';
CREATE FUNCTION public.validator(oid) RETURNS void LANGUAGE c STRICT AS '$libdir/plpgsql', 'plpgsql_validator';
CREATE TRUSTED LANGUAGE "odd plpgsql" HANDLER public.call_handler INLINE public.inline_handler VALIDATOR public.validator;
CREATE LANGUAGE bare HANDLER public.call_handler;
COMMENT ON LANGUAGE bare IS 'no validator'; REVOKE USAGE ON LANGUAGE "odd plpgsql" FROM PUBLIC; GRANT USAGE ON LANGUAGE "odd plpgsql" TO theme_caller; ALTER LANGUAGE bare OWNER TO theme_caller;
CREATE FUNCTION public.in_odd() RETURNS int LANGUAGE "odd plpgsql" AS 'BEGIN RETURN 1; END';
CREATE ACCESS METHOD rows_like_heap TYPE TABLE HANDLER heap_tableam_handler; CREATE ACCESS METHOD like_btree TYPE INDEX HANDLER bthandler;
COMMENT ON ACCESS METHOD rows_like_heap IS 'as heap';
CREATE OPERATOR CLASS public.int_like DEFAULT FOR TYPE int USING like_btree AS OPERATOR 1 <, OPERATOR 2 <=, OPERATOR 3 =, OPERATOR 4 >=, OPERATOR 5 >, FUNCTION 1 btint4cmp(int, int);
CREATE TABLE public.elsewhere (id int) USING rows_like_heap; INSERT INTO public.elsewhere SELECT generate_series(1, 9);
CREATE INDEX ON public.elsewhere USING like_btree (id);
CREATE TABLE public.root_elsewhere (id int) PARTITION BY LIST (id) USING rows_like_heap; CREATE TABLE public.leaf_elsewhere PARTITION OF public.root_elsewhere FOR VALUES IN (1); CREATE TABLE public.leaf_heap PARTITION OF public.root_elsewhere DEFAULT USING heap;
CREATE MATERIALIZED VIEW public.mat_elsewhere USING rows_like_heap AS SELECT * FROM public.elsewhere;
CREATE FUNCTION public.to_sql(internal) RETURNS internal LANGUAGE internal IMMUTABLE AS 'varchar_support';
CREATE TRANSFORM FOR int LANGUAGE plpgsql (FROM SQL WITH FUNCTION public.to_sql(internal)); COMMENT ON TRANSFORM FOR int LANGUAGE plpgsql IS 'transforms';
CREATE FUNCTION public.transformed(int) RETURNS int TRANSFORM FOR TYPE int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
CREATE TEXT SEARCH PARSER public.own_parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);
CREATE TEXT SEARCH TEMPLATE calc."own ""template""" (INIT = dsimple_init, LEXIZE = dsimple_lexize);
CREATE TEXT SEARCH DICTIONARY public.own_dictionary (TEMPLATE = calc."own ""template""", accept = false);
CREATE TEXT SEARCH DICTIONARY public.stemmer (TEMPLATE = snowball, language = 'german', stopwords = 'german');
CREATE TEXT SEARCH CONFIGURATION public.own_search (PARSER = public.own_parser);
ALTER TEXT SEARCH CONFIGURATION public.own_search ADD MAPPING FOR asciiword, word WITH public.own_dictionary, public.stemmer, simple;
ALTER TEXT SEARCH CONFIGURATION public.own_search ADD MAPPING FOR email WITH simple;
CREATE TEXT SEARCH CONFIGURATION calc.copied (COPY = pg_catalog.english);
COMMENT ON TEXT SEARCH CONFIGURATION public.own_search IS 'search'; COMMENT ON TEXT SEARCH PARSER public.own_parser IS 'parser'; COMMENT ON TEXT SEARCH TEMPLATE calc."own ""template""" IS 'template'; COMMENT ON TEXT SEARCH DICTIONARY public.stemmer IS 'stems';
ALTER TEXT SEARCH CONFIGURATION public.own_search OWNER TO theme_caller; ALTER TEXT SEARCH DICTIONARY public.stemmer OWNER TO theme_caller;
CREATE TABLE public.searched (t text, v tsvector GENERATED ALWAYS AS (to_tsvector('public.own_search', t)) STORED); INSERT INTO public.searched VALUES ('Häuser und a@b.de'), (NULL);
CREATE INDEX ON public.searched USING gin (to_tsvector('calc.copied', t));
`;

export const routines = sqlTheme({
  id: "routines",
  roles: ["theme_caller"],
  sql: [PLAIN, ATOMIC, AGGREGATES, LANGUAGES_AND_SEARCH],
});

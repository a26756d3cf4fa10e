import { sqlTheme } from "./theme.ts";

const ASKING = `
CREATE SCHEMA late;
CREATE TABLE late.kinds (kind text PRIMARY KEY);
INSERT INTO late.kinds VALUES ('book'), ('film');
CREATE FUNCTION late.is_kind(text) RETURNS boolean LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM late.kinds WHERE kind = $1)';
CREATE TABLE public.a (id int PRIMARY KEY, kind text CHECK (late.is_kind(kind)), n int CONSTRAINT plain CHECK (n > 0));
COMMENT ON CONSTRAINT a_kind_check ON public.a IS 'asks "late"';
INSERT INTO public.a VALUES (1, 'book', 1), (2, 'film', 2);
CREATE TABLE public.parent (kind text, CONSTRAINT known CHECK (late.is_kind(kind)), CONSTRAINT mine CHECK (late.is_kind(kind)) NO INHERIT);
CREATE TABLE public.child (CONSTRAINT known CHECK (late.is_kind(kind)), CONSTRAINT own CHECK (late.is_kind(kind))) INHERITS (public.parent);
CREATE TABLE public.grandchild () INHERITS (public.child);
COMMENT ON CONSTRAINT known ON public.grandchild IS 'inherited twice';
INSERT INTO public.parent VALUES ('book'); INSERT INTO public.child VALUES ('film'); INSERT INTO public.grandchild VALUES ('film');
CREATE TABLE public.parts (id int, kind text, CONSTRAINT of_kind CHECK (late.is_kind(kind))) PARTITION BY RANGE (id);
CREATE TABLE public.parts_1 PARTITION OF public.parts (CONSTRAINT own_one CHECK (late.is_kind(kind))) FOR VALUES FROM (0) TO (10);
CREATE TABLE public.parts_2 (kind text, id int, CONSTRAINT of_kind CHECK (late.is_kind(kind)));
ALTER TABLE public.parts ATTACH PARTITION public.parts_2 FOR VALUES FROM (10) TO (20);
INSERT INTO public.parts VALUES (1, 'book'), (11, 'film');
CREATE OPERATOR public.=== (FUNCTION = late.is_kind, RIGHTARG = text);
CREATE TABLE public.by_operator (kind text CHECK (OPERATOR(public.===) kind));
INSERT INTO public.by_operator VALUES ('book');
CREATE DOMAIN public.kind AS text CONSTRAINT asks CHECK (late.is_kind(VALUE)) CONSTRAINT short CHECK (length(VALUE) < 9);
COMMENT ON CONSTRAINT asks ON DOMAIN public.kind IS 'asks too';
CREATE TABLE public.by_domain (kind public.kind);
INSERT INTO public.by_domain VALUES ('book');
CREATE FUNCTION public.alone(int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM public.self WHERE id = $1 - 1) = 1 OR $1 = 1; END';
CREATE TABLE public.self (id int CHECK (public.alone(id)));
INSERT INTO public.self SELECT 1; INSERT INTO public.self SELECT 2; UPDATE public.self SET id = 1 WHERE id = 1;
CREATE TABLE public.refuses (id int);
INSERT INTO public.refuses VALUES (1);
ALTER TABLE public.refuses ADD CONSTRAINT never CHECK (late.is_kind('none')) NOT VALID;`;

const COMPUTING = `
CREATE FUNCTION public.code_for(int) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN coalesce((SELECT code FROM public.z_codes WHERE id = $1), ''none''); END';
CREATE TABLE public.coded (id int, code text GENERATED ALWAYS AS (public.code_for(id)) STORED UNIQUE, twice int GENERATED ALWAYS AS (id * 2) STORED,
  n int GENERATED ALWAYS AS IDENTITY);
CREATE TABLE public.z_codes (id int PRIMARY KEY, code text);
INSERT INTO public.z_codes SELECT n, 'c' || n FROM generate_series(1, 50) n;
CREATE FUNCTION public.code_of(int) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT coalesce((SELECT code FROM public.z_codes WHERE id = $1), ''none'')';
INSERT INTO public.coded SELECT n FROM generate_series(1, 50) n;
CREATE TABLE public.taken_apart (id int, code text GENERATED ALWAYS AS (public.code_of(id)) STORED);
INSERT INTO public.taken_apart VALUES (1), (99);`;

const UNQUALIFIED = `
CREATE SCHEMA app;
CREATE TABLE app.words (word text); INSERT INTO app.words VALUES ('a'), ('b');
SET search_path = app;
CREATE FUNCTION app.is_word(text) RETURNS boolean IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN EXISTS (SELECT FROM words WHERE word = $1); END';
CREATE FUNCTION app.helper(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT upper($1)';
CREATE FUNCTION app.loud(text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN helper($1); END';
CREATE FUNCTION app.own_path(text) RETURNS text IMMUTABLE SET search_path = app LANGUAGE plpgsql AS 'BEGIN RETURN helper($1); END';
CREATE TABLE app.checked (word text CHECK (app.is_word(word))); INSERT INTO app.checked VALUES ('a'), ('b');
CREATE TABLE app.computed (word text, loud text GENERATED ALWAYS AS (app.loud(word)) STORED); INSERT INTO app.computed VALUES ('a'), ('b');
CREATE TABLE app.indexed (word text); INSERT INTO app.indexed VALUES ('a'), ('b');
CREATE INDEX quiet ON app.indexed (app.own_path(word));
-- Given a path for as long as PostgreSQL 17 and later asks for one.
ALTER FUNCTION app.loud(text) SET search_path = app;
CREATE UNIQUE INDEX by_loud ON app.indexed (app.loud(word || 'x'));
CREATE VIEW app.looking AS SELECT app.loud(word) AS loud FROM app.words;
CREATE MATERIALIZED VIEW app.looked AS SELECT * FROM app.looking;
ALTER FUNCTION app.loud(text) RESET search_path;
ALTER DATABASE $DATABASE SET search_path = app, public;`;

const IN_NO_ORDER = `
CREATE TABLE public.base (n int); INSERT INTO public.base VALUES (1), (2);
CREATE MATERIALIZED VIEW public.z_sum AS SELECT sum(n) AS s FROM public.base;
CREATE FUNCTION public.the_sum() RETURNS bigint STABLE LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT s FROM public.z_sum); END';
CREATE MATERIALIZED VIEW public.m_twice AS SELECT public.the_sum() * 2 AS t;
CREATE FUNCTION public.twice() RETURNS bigint STABLE LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT t FROM public.m_twice); END';
CREATE MATERIALIZED VIEW public.a_four AS SELECT public.twice() * 2 AS f;
CREATE MATERIALIZED VIEW public.b_empty AS SELECT public.twice() AS f WITH NO DATA;
CREATE FUNCTION public.below_four(int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN $1 < (SELECT f FROM public.a_four); END';
CREATE TABLE public.small (n int CHECK (public.below_four(n))); INSERT INTO public.small VALUES (3);
CREATE FUNCTION public.rank_of(int) RETURNS bigint IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM public.z_ranks WHERE n <= $1); END';
CREATE TABLE public.z_ranks (n int); INSERT INTO public.z_ranks VALUES (1), (5);
CREATE UNIQUE INDEX by_rank ON public.base (public.rank_of(n * 3));
CREATE TABLE public.of_rank (n int, EXCLUDE USING btree (public.rank_of(n) WITH =)); INSERT INTO public.of_rank VALUES (0), (3), (9);
CREATE TABLE public.hen (id int PRIMARY KEY, egg int); CREATE TABLE public.egg (id int PRIMARY KEY, hen int REFERENCES public.hen);
ALTER TABLE public.hen ADD FOREIGN KEY (egg) REFERENCES public.egg;
INSERT INTO public.hen VALUES (1, NULL); INSERT INTO public.egg VALUES (1, 1); UPDATE public.hen SET egg = 1;
CREATE FUNCTION public.next_hen() RETURNS int LANGUAGE sql AS 'SELECT coalesce(max(id), 0) + 1 FROM public.hen';
ALTER TABLE public.hen ALTER id SET DEFAULT public.next_hen();
CREATE VIEW public.hens AS SELECT * FROM public.hen WHERE id < public.next_hen();
CREATE FUNCTION public.hens_now() RETURNS SETOF public.hens LANGUAGE sql AS 'SELECT * FROM public.hens';
CREATE VIEW public.hens_again AS SELECT * FROM public.hens_now();`;

/** Functions that read what comes later, that name things without a schema, that alone know what depends on what. */
export const functions = sqlTheme({
  id: "functions",
  sql: [ASKING, COMPUTING, UNQUALIFIED, IN_NO_ORDER],
  warnings: [
    // A function in SQL is taken to pieces when the table is made: before what it reads.
    /^table public\.taken_apart was refused: relation "public\.z_codes" does not exist/,
    /^rows into "app"\."computed": function helper\(text\) does not exist .* search path \(app, public\)/,
    /^index app\.by_loud was refused: function helper\(text\) does not exist/,
    /^computation of generated columns of app\.computed was refused/,
    /^materialized view "app"\."looked" was refused: function helper\(text\) does not exist/,
    /^constraint "checked_word_check" on table app\.checked was refused: relation "words" does not exist/,
    /^statistics of "app"\."indexed" was refused/,
  ],
});

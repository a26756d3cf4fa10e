import { sqlTheme } from "./theme.ts";

const VIEWS = `
CREATE TABLE public.person (id int PRIMARY KEY, name text, boss int, born date, tags text[]);
INSERT INTO public.person SELECT n, 'n' || n, nullif(n / 2, 0), date '1990-01-01' + n, ARRAY[n::text, NULL] FROM generate_series(1, 30) n;
CREATE TABLE public.pay (person int, amount numeric, at date); INSERT INTO public.pay SELECT 1 + n % 30, n, date '2026-01-01' + n FROM generate_series(1, 100) n;
CREATE VIEW public.needs_key AS SELECT p.id, p.name, sum(amount) AS total FROM public.person p LEFT JOIN public.pay ON person = p.id GROUP BY p.id;
CREATE VIEW public.on_needs_key AS SELECT id, total FROM public.needs_key WHERE total > 10;
CREATE VIEW public.barrier WITH (security_barrier) AS SELECT * FROM public.person WHERE id > 1;
CREATE VIEW public.invoker WITH (security_invoker = true, security_barrier = false) AS SELECT * FROM public.barrier;
CREATE VIEW public.local_check WITH (check_option = local) AS SELECT * FROM public.person WHERE id > 2;
CREATE VIEW public.cascaded_check AS SELECT * FROM public.local_check WHERE id < 100 WITH CASCADED CHECK OPTION;
CREATE RECURSIVE VIEW public.chain (id, depth) AS SELECT id, 0 FROM public.person WHERE boss IS NULL UNION ALL SELECT p.id, depth + 1 FROM public.person p JOIN chain c ON c.id = p.boss;
CREATE VIEW public.searched AS WITH RECURSIVE t(id, boss) AS (SELECT id, boss FROM public.person WHERE boss IS NULL UNION ALL SELECT p.id, p.boss FROM public.person p, t WHERE p.boss = t.id)
  SEARCH DEPTH FIRST BY id SET "order" CYCLE id SET looped TO 'y' DEFAULT 'n' USING path SELECT id, boss, looped FROM t;
CREATE VIEW public."odd ""view""" ("select", "a ""b""", "?column?") AS SELECT 1, 'it''s \\'::text, NULL::text COLLATE "C";
CREATE VIEW public.defaulted AS SELECT id, name FROM public.person; ALTER VIEW public.defaulted ALTER name SET DEFAULT 'nobody';
COMMENT ON VIEW public.barrier IS 'barrier'; COMMENT ON COLUMN public.barrier.id IS 'of a view';
CREATE VIEW public.everything AS
  SELECT p.*, row_number() OVER w AS n, lag(name, 1, 'none') OVER (w ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) AS before, count(*) FILTER (WHERE id > 3) OVER () AS some,
         CASE WHEN id = 1 THEN 'one' WHEN id IN (2, 3) THEN 'few' ELSE 'many' END AS how, (SELECT max(amount) FROM public.pay WHERE person = p.id) AS most,
         ARRAY(SELECT amount FROM public.pay WHERE person = p.id ORDER BY 1) AS amounts, p AS whole, tags[1:2] AS sliced, EXTRACT(year FROM born) AS y, name SIMILAR TO '%1' AS s,
         GREATEST(id, boss) AS g, id IS DISTINCT FROM boss AS d, x.k, name COLLATE "C" AS c, born AT TIME ZONE 'UTC' AS tz, '{"a": [1]}'::jsonb @? '$.a[*]' AS jp, NOT (id BETWEEN SYMMETRIC 3 AND 1) AS b
    FROM public.person p CROSS JOIN LATERAL (VALUES (1), (2)) AS x (k)
   WINDOW w AS (PARTITION BY boss ORDER BY id DESC NULLS LAST);
`;

const MORE_VIEWS = `
CREATE VIEW public.grouped AS SELECT boss, born, sum(id), GROUPING(boss, born) FROM public.person GROUP BY GROUPING SETS ((boss), ROLLUP (boss, born), CUBE (born)) HAVING count(*) > 0;
CREATE VIEW public.sets AS (SELECT id FROM public.person ORDER BY id LIMIT 3) UNION ALL (SELECT person FROM public.pay EXCEPT SELECT 1) INTERSECT SELECT 2 ORDER BY 1 FETCH FIRST 5 ROWS WITH TIES;
CREATE VIEW public.sampled AS SELECT * FROM public.person TABLESAMPLE bernoulli (50) REPEATABLE (1);
CREATE VIEW public.joined AS SELECT * FROM (public.person p (person, pname) FULL JOIN public.pay USING (person) AS both_sides) AS j (a, b, c, d, e, f);
CREATE VIEW public.functions AS SELECT * FROM ROWS FROM (generate_series(1, 3), unnest(ARRAY['a', 'b'])) WITH ORDINALITY AS f (a, b, o);
CREATE VIEW public.json_things AS SELECT jt.*, JSON_OBJECT('a': 1, 'b': NULL ABSENT ON NULL) AS o, JSON_ARRAYAGG(x RETURNING jsonb) OVER () AS agg, 'x' IS JSON SCALAR AS is_json, JSON_VALUE('{"a": 5}', '$.a' RETURNING int DEFAULT 3 ON EMPTY) AS v
  FROM (VALUES (1)) AS w (x), JSON_TABLE('[{"a": 1, "n": [1, 2]}]', '$[*]' AS root COLUMNS (id FOR ORDINALITY, a int PATH '$.a', NESTED PATH '$.n[*]' AS n COLUMNS (e int PATH '$'))) AS jt;
CREATE VIEW public.merged AS WITH m AS MATERIALIZED (SELECT 1 AS x), n AS NOT MATERIALIZED (SELECT x FROM m) SELECT * FROM n FOR UPDATE;
CREATE VIEW public.xml_things AS SELECT xmlelement(name a, xmlattributes(1 AS "b"), 'text') AS x;
CREATE FUNCTION public.about_view(v public.barrier) RETURNS text LANGUAGE sql STABLE RETURN v.name;
CREATE VIEW public.about AS SELECT public.about_view(b) AS said FROM public.barrier b;
CREATE FUNCTION public.from_view() RETURNS SETOF public.about LANGUAGE sql STABLE BEGIN ATOMIC SELECT said FROM public.about; END;
CREATE VIEW public.over_function AS SELECT said FROM public.from_view();
CREATE VIEW public.circle_a AS SELECT 1 AS x; CREATE VIEW public.circle_b AS SELECT x FROM public.circle_a; CREATE OR REPLACE VIEW public.circle_a AS SELECT x FROM (SELECT 1 AS x) s;
CREATE TABLE public.becomes (id int, at date);
CREATE VIEW public.writes AS SELECT id, at FROM public.becomes;
CREATE VIEW public.writes_back AS SELECT id, at FROM public.writes;
CREATE RULE back AS ON INSERT TO public.writes_back DO INSTEAD INSERT INTO public.writes VALUES (NEW.id, NEW.at);
CREATE RULE write AS ON INSERT TO public.writes DO INSTEAD INSERT INTO public.writes_back SELECT NEW.id, NEW.at;
`;

const MATERIALIZED = `
CREATE MATERIALIZED VIEW public.z_first AS SELECT id, name, total FROM public.needs_key;
CREATE MATERIALIZED VIEW public.a_second WITH (fillfactor = 80) AS SELECT id, total FROM public.z_first WHERE total IS NOT NULL;
CREATE MATERIALIZED VIEW public.m_third AS SELECT count(*) AS n, (SELECT count(*) FROM public.a_second) AS s FROM public.z_first;
CREATE MATERIALIZED VIEW public.unfilled AS SELECT * FROM public.a_second WITH NO DATA;
CREATE MATERIALIZED VIEW public.on_unfilled AS SELECT 1 AS one FROM public.unfilled WITH NO DATA;
CREATE VIEW public.on_matview AS SELECT * FROM public.unfilled;
CREATE MATERIALIZED VIEW "public"."odd ""mat""" ("a ""b""") AS SELECT 'x'::text; 
CREATE UNIQUE INDEX z_key ON public.z_first (id) INCLUDE (name); CREATE INDEX ON public.z_first (lower(name)); CREATE INDEX ON public.unfilled (total); CREATE UNIQUE INDEX ON public."odd ""mat""" ("a ""b""");
ALTER MATERIALIZED VIEW public.z_first CLUSTER ON z_key; ALTER MATERIALIZED VIEW public.z_first ALTER name SET STATISTICS 33, ALTER name SET STORAGE EXTERNAL, ALTER name SET COMPRESSION pglz; 
CREATE STATISTICS public.of_mat ON id, name FROM public.z_first;
COMMENT ON MATERIALIZED VIEW public.z_first IS 'first'; COMMENT ON COLUMN public.z_first.id IS 'column';
INSERT INTO public.pay VALUES (1, 1000000, '2026-06-06'); REFRESH MATERIALIZED VIEW public.z_first;
REFRESH MATERIALIZED VIEW public.a_second; REFRESH MATERIALIZED VIEW public.m_third; REFRESH MATERIALIZED VIEW public.unfilled;
REFRESH MATERIALIZED VIEW public.on_unfilled; REFRESH MATERIALIZED VIEW public.unfilled WITH NO DATA;
CREATE FUNCTION public.through_function() RETURNS bigint LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT count(*) FROM public.z_first); END $$;
CREATE MATERIALIZED VIEW public.a_hidden AS SELECT public.through_function() AS n;
CREATE FUNCTION public.key_needed() RETURNS SETOF public.needs_key LANGUAGE sql STABLE BEGIN ATOMIC SELECT * FROM public.needs_key; END;
CREATE MATERIALIZED VIEW public.through_key AS SELECT * FROM public.key_needed();
CREATE TABLE public.after_all (m public.z_first, w public.person); INSERT INTO public.after_all SELECT z, p FROM public.z_first z JOIN public.person p USING (id) LIMIT 3;
`;

export const views = sqlTheme({ id: "views", sql: [VIEWS, MORE_VIEWS, MATERIALIZED] });

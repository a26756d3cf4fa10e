import { sqlTheme } from "./theme.ts";

const CHECKS = `
CREATE EXTENSION btree_gist;
CREATE TABLE public.checked (
  a int CONSTRAINT "a's not null" NOT NULL, b int NOT NULL NO INHERIT, c int CHECK (c > 0) NO INHERIT, d text,
  CONSTRAINT "odd ""check""" CHECK (a < b AND d <> E'\\\\'),
  CONSTRAINT unenforced CHECK (a > 1000) NOT ENFORCED);
INSERT INTO public.checked VALUES (1, 2, 3, 'd'), (5, 6, NULL, NULL);
ALTER TABLE public.checked ADD CONSTRAINT not_validated CHECK (a > 3) NOT VALID;
ALTER TABLE public.checked ADD CONSTRAINT d_not_null NOT NULL d NOT VALID;
COMMENT ON CONSTRAINT not_validated ON public.checked IS 'some rows are older than this';
COMMENT ON CONSTRAINT "a's not null" ON public.checked IS 'a comment on NOT NULL';
COMMENT ON CONSTRAINT d_not_null ON public.checked IS 'on one that is not valid';
CREATE TABLE public.heir (e int) INHERITS (public.checked);
INSERT INTO public.heir (a, b, d) VALUES (4, 5, 'x');
`;

const KEYS = `
CREATE TABLE public.parent (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, code text UNIQUE NULLS NOT DISTINCT, other int, UNIQUE (id, other) INCLUDE (code) WITH (fillfactor = 50),
  CONSTRAINT later UNIQUE (other) DEFERRABLE);
CREATE UNIQUE INDEX parent_pair ON public.parent (code, other);
ALTER TABLE public.parent ADD CONSTRAINT using_an_index UNIQUE USING INDEX parent_pair;
INSERT INTO public.parent VALUES (1, NULL, 1), (2, 'b', 2);
CREATE TABLE public.plain_parent (id int, tenant int, PRIMARY KEY (tenant, id));
INSERT INTO public.plain_parent SELECT n, 1 FROM generate_series(1, 10) n;
CREATE TABLE public.kid (
  id int PRIMARY KEY, tenant int, p int, q int, self int REFERENCES public.kid DEFERRABLE INITIALLY DEFERRED,
  FOREIGN KEY (tenant, p) REFERENCES public.plain_parent MATCH FULL ON DELETE CASCADE ON UPDATE SET DEFAULT,
  CONSTRAINT partly FOREIGN KEY (tenant, q) REFERENCES public.plain_parent (tenant, id) ON DELETE SET NULL (q) ON UPDATE RESTRICT);
INSERT INTO public.kid VALUES (1, 1, 1, 2, 2), (2, NULL, NULL, 3, 1), (3, 1, 4, NULL, 3);
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE public.kid ADD CONSTRAINT old_orphans FOREIGN KEY (tenant, self) REFERENCES public.plain_parent NOT VALID;
ALTER TABLE public.kid ADD CONSTRAINT on_paper FOREIGN KEY (tenant, id) REFERENCES public.plain_parent NOT ENFORCED;
CREATE TABLE public.no_deferrable (id int PRIMARY KEY);
CREATE TABLE public.orphan (id int, p int);
INSERT INTO public.orphan VALUES (1, 999);
ALTER TABLE public.orphan ADD CONSTRAINT never_true FOREIGN KEY (p) REFERENCES public.no_deferrable (id) NOT VALID;
`;

const CIRCLES = `
CREATE TABLE public.hen (id int PRIMARY KEY, egg int NOT NULL);
CREATE TABLE public.egg (id int PRIMARY KEY, hen int NOT NULL REFERENCES public.hen DEFERRABLE INITIALLY DEFERRED);
ALTER TABLE public.hen ADD FOREIGN KEY (egg) REFERENCES public.egg DEFERRABLE INITIALLY DEFERRED;
INSERT INTO public.hen VALUES (1, 1), (2, 2); INSERT INTO public.egg VALUES (1, 2), (2, 1);
CREATE TABLE public.x (id int PRIMARY KEY, z int); CREATE TABLE public.y (id int PRIMARY KEY, x int REFERENCES public.x);
CREATE TABLE public.z (id int PRIMARY KEY, y int REFERENCES public.y); ALTER TABLE public.x ADD FOREIGN KEY (z) REFERENCES public.z ON DELETE CASCADE;
INSERT INTO public.x VALUES (1, NULL); INSERT INTO public.y VALUES (1, 1); INSERT INTO public.z VALUES (1, 1); UPDATE public.x SET z = 1;
`;

const EXCLUSIONS = `
CREATE TABLE public.booking (
  room int, during tstzrange, cancelled bool DEFAULT false,
  CONSTRAINT never_twice EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (NOT cancelled) DEFERRABLE INITIALLY DEFERRED,
  EXCLUDE USING gist ((room + 1) WITH =, during WITH &&) WITH (fillfactor = 80) WHERE (room < 0));
INSERT INTO public.booking VALUES (1, '[2026-01-01,2026-01-02)', false), (1, '[2026-01-02,2026-01-03)', NULL), (1, '[2026-01-01,2026-01-09)', true);
CREATE TABLE public.price (
  item int, valid daterange, amount numeric, CONSTRAINT price_key PRIMARY KEY (item, valid WITHOUT OVERLAPS), UNIQUE (amount, valid WITHOUT OVERLAPS));
CREATE TABLE public.offer (
  id int, item int, valid daterange, PRIMARY KEY (id, valid WITHOUT OVERLAPS), FOREIGN KEY (item, PERIOD valid) REFERENCES public.price (item, PERIOD valid));
INSERT INTO public.price VALUES (1, '[2026-01-01,2026-02-01)', 5), (1, '[2026-02-01,2026-03-01)', 6);
INSERT INTO public.offer VALUES (1, 1, '[2026-01-15,2026-02-15)');
CREATE TABLE public.spans (id int4range, valid datemultirange, PRIMARY KEY (id, valid WITHOUT OVERLAPS));
INSERT INTO public.spans VALUES ('[1,2)', '{[2026-01-01,2026-02-01),[2026-03-01,2026-04-01)}');
`;

export const constraints = sqlTheme({ id: "constraints", sql: [CHECKS, KEYS, CIRCLES, EXCLUSIONS] });

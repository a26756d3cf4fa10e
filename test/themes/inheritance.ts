import { sqlTheme } from "./theme.ts";

const FAMILY = `
CREATE TABLE public.animal (id int GENERATED ALWAYS AS IDENTITY, name text NOT NULL DEFAULT 'animal', legs int CHECK (legs >= 0), CONSTRAINT own CHECK (name <> 'x') NO INHERIT);
CREATE TABLE public.pet (owner text COLLATE "C" DEFAULT 'me', name text DEFAULT 'pet');
CREATE TABLE public.dog (breed text, name text DEFAULT 'dog', legs int DEFAULT 4) INHERITS (public.animal, public.pet);
CREATE TABLE public.puppy () INHERITS (public.dog);
CREATE TABLE public.late (extra int, id int NOT NULL, legs int, name text NOT NULL, owner text COLLATE "C", CONSTRAINT animal_legs_check CHECK (legs >= 0));
ALTER TABLE public.late INHERIT public.animal; ALTER TABLE public.late INHERIT public.pet;
ALTER TABLE public.puppy ALTER name SET DEFAULT 'puppy', ALTER legs DROP DEFAULT, ADD CONSTRAINT puppy_only CHECK (legs < 100);
ALTER TABLE public.dog ALTER name DROP DEFAULT;
CREATE TABLE public.was_child () INHERITS (public.animal); ALTER TABLE public.was_child NO INHERIT public.animal;
ALTER TABLE public.animal ADD added_later date DEFAULT '2026-01-01';
ALTER TABLE ONLY public.animal ADD CONSTRAINT only_on_top CHECK (legs <> 99) NO INHERIT;
ALTER TABLE public.dog ADD own_and_inherited int; ALTER TABLE public.animal ADD own_and_inherited int;
INSERT INTO public.animal (name, legs) VALUES ('ant', 6);
INSERT INTO public.pet VALUES ('you', 'goldfish');
INSERT INTO public.dog (id, name, legs, breed) VALUES (1, 'rex', 4, 'mutt'), (1, 'doppelganger', 4, NULL);
INSERT INTO public.puppy (id, name, breed) VALUES (2, 'tiny', 'small');
INSERT INTO public.late VALUES (1, 2, 3, 'four', 'five');
INSERT INTO public.was_child (id, name) VALUES (7, 'alone');
CREATE TABLE public.top (a int NOT NULL, b int, CONSTRAINT b_named NOT NULL b);
CREATE TABLE public.middle (CONSTRAINT renamed NOT NULL a) INHERITS (public.top);
CREATE TABLE public.bottom (c int PRIMARY KEY) INHERITS (public.middle, public.top);
ALTER TABLE public.top ALTER a DROP NOT NULL;
INSERT INTO public.bottom VALUES (1, 2, 3);
CREATE TABLE public.computing (a int, g int GENERATED ALWAYS AS (a + 1) STORED, v int GENERATED ALWAYS AS (a + 2) VIRTUAL);
CREATE TABLE public.computing_child (g int GENERATED ALWAYS AS (a + 100) STORED) INHERITS (public.computing);
INSERT INTO public.computing VALUES (1); INSERT INTO public.computing_child VALUES (2);
CREATE TABLE public.typed_options (a text) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE TABLE public.storing () INHERITS (public.typed_options);
ALTER TABLE public.storing ALTER a SET STORAGE EXTERNAL, ALTER a SET COMPRESSION pglz;
CREATE VIEW public.tops AS SELECT * FROM ONLY public.animal;
CREATE INDEX dog_name ON public.dog (name);
`;

const MANY_PARENTS = `
CREATE TABLE public."PARENT 1" (x int, "Y" int); CREATE TABLE public."parent ""2""" ("Y" int, z int); CREATE TABLE public.parent_3 (z int, x int DEFAULT 3);
CREATE TABLE public.child_of_three (w int, x int DEFAULT 5) INHERITS (public."PARENT 1", public."parent ""2""", public.parent_3);
ALTER TABLE public.child_of_three NO INHERIT public."parent ""2""";
ALTER TABLE public.child_of_three INHERIT public."parent ""2""";
INSERT INTO public.child_of_three VALUES (1, 2, 3, 4), (NULL, NULL, NULL, NULL);
ALTER TABLE public."PARENT 1" DROP x;
`;

export const inheritance = sqlTheme({ id: "inheritance", sql: [FAMILY, MANY_PARENTS] });

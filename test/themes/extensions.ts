import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Theme } from "./theme.ts";

const CONTROL = "comment = 'of the tests'\ndefault_version = '2.0'\nrelocatable = false\nschema = 'theme_ext'\n";
const SCRIPT = `
CREATE TABLE @extschema@.options (name text PRIMARY KEY, value text, is_own bool DEFAULT true);
INSERT INTO @extschema@.options VALUES ('built in', '1', false), ('also', '2', false);
SELECT pg_catalog.pg_extension_config_dump('@extschema@.options', 'WHERE is_own');
CREATE TABLE @extschema@.whole (id serial, v text); SELECT pg_catalog.pg_extension_config_dump('@extschema@.whole', ''); SELECT pg_catalog.pg_extension_config_dump('@extschema@.whole_id_seq', '');
CREATE TABLE @extschema@.internal (id int); INSERT INTO @extschema@.internal VALUES (1);
CREATE FUNCTION @extschema@.answer() RETURNS int LANGUAGE sql IMMUTABLE RETURN 42;
CREATE TYPE @extschema@.grade AS ENUM ('low', 'high');
CREATE VIEW @extschema@.shown AS SELECT name FROM @extschema@.options;
`;

const USED = [
  `CREATE SCHEMA "odd ext"; CREATE SCHEMA theme_ext; CREATE EXTENSION theme_config; CREATE EXTENSION hstore SCHEMA "odd ext"; CREATE EXTENSION citext; CREATE EXTENSION pg_trgm; CREATE EXTENSION cube; CREATE EXTENSION earthdistance; CREATE EXTENSION "uuid-ossp"; CREATE EXTENSION ltree; CREATE EXTENSION intarray; CREATE EXTENSION pgcrypto`,
  `INSERT INTO theme_ext.options VALUES ('mine', E'it''s \\\\', true), ('ours', NULL, true); INSERT INTO theme_ext.whole (v) VALUES ('a'), ('b'); SELECT setval('theme_ext.whole_id_seq', 40);
   GRANT SELECT ON theme_ext.options TO theme_ext_user; REVOKE EXECUTE ON FUNCTION theme_ext.answer() FROM PUBLIC; GRANT EXECUTE ON FUNCTION "odd ext".hstore(text, text) TO theme_ext_user; COMMENT ON EXTENSION theme_config IS 'own comment';
   CREATE TABLE public.used (id uuid DEFAULT public.uuid_generate_v4(), h "odd ext".hstore, c public.citext PRIMARY KEY, p public.cube, l public.ltree, g theme_ext.grade, n int DEFAULT theme_ext.answer(), a int[]);
   INSERT INTO public.used VALUES ('11111111-1111-1111-1111-111111111111', 'a=>1, "b c"=>NULL', 'Case', '(1,2),(3,4)', 'a.b.c', 'high', DEFAULT, '{1,2}');
   CREATE INDEX ON public.used USING gin (h); CREATE INDEX ON public.used USING gist (p); CREATE INDEX ON public.used USING gin ((c::text) public.gin_trgm_ops); CREATE INDEX ON public.used USING gist (l public.gist_ltree_ops (siglen = 100)); CREATE INDEX ON public.used USING gin (a public.gin__int_ops);
   CREATE FUNCTION public.member() RETURNS int LANGUAGE sql RETURN 1; ALTER FUNCTION public.member() DEPENDS ON EXTENSION citext; CREATE INDEX depending ON public.used (n); ALTER INDEX public.depending DEPENDS ON EXTENSION cube;
   CREATE VIEW public.over_extension AS SELECT * FROM theme_ext.shown; CREATE AGGREGATE public.all_cubes(public.cube) (SFUNC = public.cube_union, STYPE = public.cube);
   CREATE TABLE public.joined (id int); ALTER EXTENSION theme_config ADD TABLE public.joined; ALTER EXTENSION theme_config DROP TABLE public.joined; INSERT INTO public.joined VALUES (1);`,
];

let folder: string | undefined;

/** Extensions with what is the user's in them; one of them is written for the server to find it. */
export const extensions: Theme = {
  id: "extensions",
  roles: ["theme_ext_user"],
  make: async ({ query }) => {
    folder = await mkdtemp(path.join(tmpdir(), "holdfast-extension-"));
    await chmod(folder, 0o755);
    await mkdir(path.join(folder, "extension"));
    await writeFile(path.join(folder, "extension/theme_config.control"), CONTROL);
    await writeFile(path.join(folder, "extension/theme_config--2.0.sql"), SCRIPT);
    await query(`ALTER SYSTEM SET extension_control_path = '$system:${folder}'`);
    await query("SELECT pg_catalog.pg_reload_conf()");
    await query("SELECT pg_catalog.pg_sleep(0.2)");
    for (const statements of USED) await query(statements);
  },
  unmake: async ({ query }) => {
    await query("ALTER SYSTEM RESET extension_control_path");
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  },
};

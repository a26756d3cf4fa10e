import pg from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { compareDatabase } from "../../../core/restore/compare.ts";
import { expectationOf } from "../../../core/restore/expectation.ts";
import { openParts, openRestorePoint } from "../../../core/restore/restore-point.ts";
import type { RestorePointRef } from "../../../core/vault/keys.ts";
import { type LocalPostgres, startPostgres } from "../../../infra/local/postgres.ts";
import { createVault, type TestVault } from "./support.ts";

/** A server of its own: its roles make it look like a provider's to everybody on it. */
let server: LocalPostgres;
let vault: TestVault;
let ref: RestorePointRef;
/** Who is an administrator as a member, as `postgres` is there by its name. */
const ADMINISTRATOR = "manager";

const urlOf = (database: string, user = "postgres", password = server.password): string =>
  `postgres://${user}:${password}@${server.host}:${server.port}/${database}?sslmode=disable`;

async function query(database: string, sql: string): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client({ connectionString: urlOf(database) });
  await client.connect();
  try {
    return [await client.query(sql)].flat().at(-1)?.rows ?? [];
  } finally {
    await client.end();
  }
}

/** As a project comes: what the platform makes, in a version of its own. */
const project = (more: string): string => `
  ALTER SCHEMA public OWNER TO pg_database_owner;
  CREATE SCHEMA auth AUTHORIZATION supabase_admin; GRANT USAGE ON SCHEMA auth TO ${ADMINISTRATOR}, authenticator, supabase_auth_admin;
  CREATE TABLE auth.users (id int PRIMARY KEY, email text${more}); ALTER TABLE auth.users OWNER TO supabase_auth_admin;
  GRANT SELECT, TRIGGER, REFERENCES ON auth.users TO ${ADMINISTRATOR};
  CREATE FUNCTION auth.uid() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION auth.uid OWNER TO supabase_auth_admin;
  CREATE FUNCTION auth.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TRIGGER own BEFORE UPDATE ON auth.users FOR EACH ROW EXECUTE FUNCTION auth.touch();
  ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT SELECT ON TABLES TO authenticator;
  CREATE SCHEMA extensions AUTHORIZATION ${ADMINISTRATOR};
  CREATE PUBLICATION supabase_realtime; ALTER PUBLICATION supabase_realtime OWNER TO ${ADMINISTRATOR};
  CREATE FUNCTION extensions.pgrst_watch() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN NULL; END';
  CREATE EVENT TRIGGER pgrst_ddl_watch ON ddl_command_end EXECUTE FUNCTION extensions.pgrst_watch();
  ALTER EVENT TRIGGER pgrst_ddl_watch OWNER TO supabase_admin;`;

beforeAll(async () => {
  [server, vault] = await Promise.all([startPostgres(), createVault()]);
  await query(
    "postgres",
    `CREATE ROLE supabase_admin SUPERUSER; CREATE ROLE supabase_auth_admin; CREATE ROLE authenticator; CREATE ROLE rds_superuser;
     CREATE ROLE supabase_privileged_role; CREATE ROLE ${ADMINISTRATOR} LOGIN CREATEROLE CREATEDB BYPASSRLS PASSWORD 'local' IN ROLE supabase_privileged_role`,
  );
  await query("postgres", "CREATE DATABASE source");
  await query("source", project(""));
  await query(
    "source",
    `INSERT INTO auth.users VALUES (1, 'a@x');
     SET ROLE supabase_admin; ALTER DATABASE source OWNER TO ${ADMINISTRATOR}; SET ROLE ${ADMINISTRATOR};
     CREATE TABLE public.profile (id int PRIMARY KEY REFERENCES auth.users, name text DEFAULT auth.uid()::text);
     CREATE FUNCTION public.welcome() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     CREATE TRIGGER welcome AFTER INSERT ON auth.users FOR EACH ROW EXECUTE FUNCTION public.welcome();
     ALTER TABLE public.profile ENABLE ROW LEVEL SECURITY;
     CREATE POLICY mine ON public.profile TO authenticator USING (id = auth.uid());
     ALTER PUBLICATION supabase_realtime ADD TABLE public.profile;
     INSERT INTO public.profile VALUES (1, 'a');
     RESET ROLE; GRANT SELECT ON public.profile TO rds_superuser`,
  );
  ref = await vault.backUp(urlOf("source"));
  // As it is where the restore point comes from another provider.
  await query("source", "DROP OWNED BY rds_superuser; DROP ROLE rds_superuser");
});
afterAll(async () => {
  await server.stop();
  await vault.remove();
});
beforeEach(async () => {
  await query("postgres", "DROP DATABASE IF EXISTS target");
  await query("postgres", `CREATE DATABASE target OWNER ${ADMINISTRATOR}`);
});

const restore = (point: RestorePointRef, options: Readonly<Record<string, unknown>> = {}) => {
  const connection = parseConnection(urlOf("target", ADMINISTRATOR, "local"));
  return vault.restore(point, urlOf("target"), { connection, options });
};

test("restores a project's own into another project, and leaves the platform's to the platform", async () => {
  await query("target", project(", phone text"));
  await query("target", "INSERT INTO auth.users VALUES (1, 'a@x', '1')");
  const { warnings, report } = await restore(ref);
  const theirs = "is Supabase's own and there already, as its platform has made it; its definitions";
  expect(warnings).toEqual([
    `left out: schema auth: ${theirs} and 1 row are not restored`,
    `left out: schema extensions: ${theirs} are not restored`,
    `left out: publication supabase_realtime: ${theirs} are not restored`,
    `left out: default privileges of supabase_admin: ${theirs} are not restored`,
    `left out: event trigger pgrst_ddl_watch: ${theirs} are not restored`,
    "left out: role rds_superuser: is a provider's own and not there: the connecting role has its place; it is named by acl public.TABLE profile",
  ]);
  expect(report?.identical).toBe(true);
  const tables = await query(
    "target",
    "SELECT tablename FROM pg_publication_tables WHERE pubname = 'supabase_realtime'",
  );
  expect(tables).toEqual([{ tablename: "profile" }]);
  const triggers = await query(
    "target",
    "SELECT tgname FROM pg_trigger WHERE tgrelid = 'auth.users'::regclass AND NOT tgisinternal ORDER BY 1",
  );
  expect(triggers.map(({ tgname }) => tgname)).toEqual(["own", "welcome"]);
  // Later as well, when the restore's own marks are gone.
  const point = await openParts(await openRestorePoint(vault, ref), {
    schemas: [],
    tables: [],
    excludeSchemas: [],
    excludeTables: [],
    schemaOnly: false,
    dataOnly: false,
  });
  const compared = await compareDatabase(parseConnection(urlOf("target")), await expectationOf(point, { rows: true }), {
    rows: true,
    sessions: 1,
    applicationName: "test",
    ignoreDatabase: true,
    // What was granted to roles that are not there is a difference from then on.
    ignorePrivileges: true,
  });
  expect(compared.differences).toEqual([]);
});

test("refuses to take somebody's own schema for the platform's that is called so", async () => {
  await query("postgres", "CREATE DATABASE other");
  await query("other", "CREATE SCHEMA auth; CREATE TABLE auth.users (id int); INSERT INTO auth.users VALUES (1)");
  await query("target", project(""));
  const other = await vault.backUp(urlOf("other"));
  await expect(restore(other, { roles: { postgres: ADMINISTRATOR } })).rejects.toMatchObject({
    code: "target-cannot-take",
    message: expect.stringContaining("schema auth: is Supabase's own"),
  });
});

test("leaves a foreign key to rows of the platform not valid where they are not there, by name", async () => {
  await query("target", project(""));
  const { warnings } = await restore(ref);
  expect(warnings.filter((told) => told.includes("profile_id_fkey"))).toHaveLength(1);
  const keys = await query("target", "SELECT convalidated FROM pg_constraint WHERE conname = 'profile_id_fkey'");
  expect(keys).toEqual([{ convalidated: false }]);
});

import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ConnectionSettings, parseConnection } from "../../../core/postgres/connection.ts";
import { markReady, writeMarker } from "../../../core/postgres/load/marker.ts";
import { withLoadSession } from "../../../core/postgres/load/session.ts";
import { runSteps } from "../../../core/postgres/load/steps.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { dropRoles } from "./rich-schema.ts";
import { createVault, type TestVault } from "./support.ts";

const suffix = randomBytes(4).toString("hex");
const [loader, owner, app] = [`loader_${suffix}`, `owner_${suffix}`, `app_${suffix}`];
/** Nobody is a member of it. */
const stranger = `stranger_${suffix}`;
let vault: TestVault;
let source: TestDatabase;

beforeAll(async () => {
  vault = await createVault();
  source = await createDatabase("managed");
  await asAdmin((admin) =>
    admin.query(`
      CREATE ROLE ${loader} LOGIN CREATEDB PASSWORD 'local';
      CREATE ROLE ${owner} NOLOGIN; CREATE ROLE ${app} NOLOGIN; CREATE ROLE ${stranger} NOLOGIN;
      ALTER DATABASE ${source.name} OWNER TO ${owner};
      GRANT ${owner}, ${app} TO ${loader}`),
  );
  await source.query(`
    CREATE SCHEMA shop AUTHORIZATION ${owner};
    CREATE TABLE shop.item (id int PRIMARY KEY); INSERT INTO shop.item SELECT generate_series(1, 10);
    CREATE MATERIALIZED VIEW shop.few AS SELECT * FROM shop.item LIMIT 3;
    CREATE TABLE public.note (id int);
    SELECT lo_from_bytea(900, 'x');
    ALTER TABLE shop.item OWNER TO ${app}; ALTER MATERIALIZED VIEW shop.few OWNER TO ${app};
    ALTER TABLE public.note OWNER TO ${app}; ALTER LARGE OBJECT 900 OWNER TO ${app};
    GRANT SELECT ON shop.item TO ${owner}; GRANT USAGE ON SCHEMA shop TO ${app}`);
});
afterAll(async () => {
  await source.drop();
  await dropRoles([loader, app, owner, stranger]);
  await vault.remove();
});

test("restores privileges that somebody else granted, in the owner's name where it cannot act as them", async () => {
  await source.query(`
    GRANT SELECT ON public.note TO ${stranger} WITH GRANT OPTION;
    SET ROLE ${stranger}; GRANT SELECT ON public.note TO PUBLIC; RESET ROLE`);
  const ref = await vault.backUp(source.url);
  const name = `${source.name}_granted`;
  const { host, port, tls } = parseConnection(source.url);
  const connection = { host, port, tls, user: loader, password: "local", database: "postgres" };
  const { warnings, report } = await vault.restore(ref, source.url, {
    connection,
    options: { create: true, database: name },
  });
  expect(warnings).toEqual([expect.stringContaining(`role ${stranger} as grantor`)]);
  expect(report?.identical).toBe(true);
  await asAdmin((admin) => admin.query(`DROP DATABASE ${name}`));
});

describe("the right to create in a schema, lent to owners", () => {
  let target: TestDatabase;
  let settings: ConnectionSettings;
  beforeEach(async () => {
    target = await createDatabase("lent");
    await asAdmin((admin) => admin.query(`ALTER DATABASE ${target.name} OWNER TO ${loader}`));
    settings = { ...parseConnection(target.url), user: loader, password: "local" };
  });
  afterEach(() => target.drop());
  const restore = async (options: Readonly<Record<string, unknown>> = {}): Promise<void> => {
    const ref = await vault.backUp(source.url);
    await vault.restore(ref, target.url, { connection: settings, options: { compare: "off", ...options } });
  };
  const mayCreate = async (schema: string): Promise<unknown> => {
    const [row] = await target.query<{ may: boolean }>("SELECT has_schema_privilege($1, $2, 'CREATE') AS may", [
      app,
      schema,
    ]);
    return row?.may;
  };

  test("is taken back, but not from who had it before", async () => {
    await target.query(`GRANT CREATE ON SCHEMA public TO ${app}`);
    await restore();
    expect(await mayCreate("shop")).toBe(false);
    expect(await mayCreate("public")).toBe(true);
  });

  test("is taken back when the restore that lent it never ended and another begins", async () => {
    await withLoadSession(settings, { applicationName: "test" }, async (session) => {
      await writeMarker(session, { source: "shop", restorePointId: "x", options: "no options" });
      await markReady(session);
      const lent = { what: "right", statements: [`GRANT CREATE ON SCHEMA public TO "${app}"`] };
      await runSteps(session, "lent", [{ name: `allow/"public"/"${app}"`, ...lent }]);
    });
    expect(await mayCreate("public")).toBe(true);
    await restore({ confirm: true });
    expect(await mayCreate("public")).toBe(false);
  });
});

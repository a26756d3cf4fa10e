import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type ConnectionSettings, parseConnection } from "../../../../core/postgres/connection.ts";
import type { PlanRow } from "../../../../core/restore/plan/rows.ts";
import type { RestorePointRef } from "../../../../core/vault/keys.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { dropRoles } from "../rich-schema.ts";
import { createVault, type TestVault } from "../support.ts";

const suffix = randomBytes(4).toString("hex");
const [loader, own, foreign, gone] = ["loader", "own", "foreign", "gone"].map((name) => `${name}_${suffix}`);
let vault: TestVault;
let source: TestDatabase;
let target: TestDatabase;
let connection: ConnectionSettings;
let ref: RestorePointRef;

beforeAll(async () => {
  vault = await createVault();
  source = await createDatabase("planned");
  await asAdmin((admin) =>
    admin.query(`
      CREATE ROLE ${loader} LOGIN PASSWORD 'local'; CREATE ROLE ${own}; CREATE ROLE ${foreign}; CREATE ROLE ${gone};
      GRANT ${own} TO ${loader}`),
  );
  await source.query(`
    CREATE EXTENSION bloom; CREATE EXTENSION cube; CREATE EXTENSION earthdistance;
    REVOKE EXECUTE ON FUNCTION cube_dim(cube) FROM PUBLIC;
    CREATE TABLE a_spot (id int, at earth); INSERT INTO a_spot SELECT n, ll_to_earth(n, n) FROM generate_series(1, 5) n;
    CREATE TABLE item (id int PRIMARY KEY, name text); INSERT INTO item SELECT n, 'ä' || n FROM generate_series(1, 300) n;
    CREATE INDEX item_bloom ON item USING bloom (id);
    CREATE TABLE theirs (id int); INSERT INTO theirs VALUES (1); CREATE TABLE lost (id int); INSERT INTO lost VALUES (2), (3);
    CREATE FUNCTION tell() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
    CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION tell();
    CREATE PUBLICATION everything FOR ALL TABLES;
    CREATE POLICY few ON lost TO ${gone}, ${own} USING (id > 2); ALTER TABLE lost ENABLE ROW LEVEL SECURITY;
    SELECT lo_from_bytea(900, 'x');
    ALTER TABLE item OWNER TO ${own}; ALTER TABLE a_spot OWNER TO ${own}; ALTER TABLE theirs OWNER TO ${foreign}; ALTER TABLE lost OWNER TO ${gone};
    ALTER FUNCTION tell OWNER TO ${own}; ALTER LARGE OBJECT 900 OWNER TO ${gone};
    GRANT SELECT ON item TO ${gone}; GRANT INSERT ON item TO ${foreign}; REVOKE DELETE ON theirs FROM ${foreign}`);
  ref = await vault.backUp(source.url);
  // It is in the restore point and on no server any more.
  await source.query(`REASSIGN OWNED BY ${gone} TO ${own}; DROP OWNED BY ${gone}; DROP ROLE ${gone}`);
});
afterAll(async () => {
  await source.drop();
  await dropRoles([loader ?? "", own ?? "", foreign ?? ""]);
  await vault.remove();
});

beforeEach(async () => {
  target = await createDatabase("narrow");
  await asAdmin((admin) => admin.query(`ALTER DATABASE ${target.name} OWNER TO ${loader}`));
  connection = { ...parseConnection(target.url), user: loader ?? "", password: "local" };
});
afterEach(() => target.drop());

const restore = (options: Readonly<Record<string, unknown>>, more: Parameters<TestVault["restore"]>[2] = {}) =>
  vault.restore(ref, target.url, { connection, ...more, options });

async function planned(as = connection): Promise<PlanRow[]> {
  const rows: PlanRow[] = [];
  await restore({ plan: true }, { connection: as, onPlanned: async (told) => void rows.push(...told) });
  return rows;
}

async function relations(): Promise<string[]> {
  const rows = await target.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE oid >= 16384 AND relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1",
  );
  return rows.map(({ name }) => name);
}

const hasMarker = async (): Promise<boolean> => {
  const [row] = await target.query<{ found: boolean }>(
    "SELECT to_regnamespace('holdfast_restore') IS NOT NULL AS found",
  );
  return row?.found === true;
};

test("a plan lists what becomes of everything, and touches nothing", async () => {
  const rows = await planned();
  const verdicts = rows.map(({ verdict, what, code }) => `${verdict} ${code ?? ""} ${what}`);
  expect(verdicts).toEqual(
    expect.arrayContaining([
      "refused needs-superuser extension bloom",
      "refused needs-superuser event trigger watch",
      "refused needs-superuser publication everything",
      `refused role-missing role ${gone}`,
      `refused owner-out-of-reach role ${foreign}`,
      "as it is  1 function",
    ]),
  );
  expect(rows.find(({ what }) => what === `role ${gone}`)?.sql).toBe(`CREATE ROLE "${gone}" NOLOGIN;`);
  expect(rows.find(({ what }) => what === "extension bloom")?.why).toContain("index public.item_bloom");
  expect([await relations(), await hasMarker()]).toEqual([[], false]);
});

test("what a target cannot take is refused by name before it is touched", async () => {
  const refused = restore({}, { onReady: () => expect.unreachable() });
  await expect(refused).rejects.toMatchObject({
    name: "PreconditionError",
    code: "target-cannot-take",
    message: expect.stringMatching(/extension bloom: only a superuser .*\(needs-superuser\).* and \d more$/s),
  });
  expect([await relations(), await hasMarker()]).toEqual([[], false]);
});

test("what is agreed to is left out by name, the rest is restored and found identical, and a later attempt goes by the same plan", async () => {
  const begun = restore(
    { leaveOut: true },
    {
      onReady: () => {
        throw new Error("stopped");
      },
    },
  );
  await expect(begun).rejects.toThrow("stopped");
  expect(await hasMarker()).toBe(true);
  // Now it could own it, but what was begun otherwise would be mixed.
  await asAdmin((admin) => admin.query(`GRANT ${foreign} TO ${loader}`));
  // Somebody who may makes what is left out: the comparison has no eye for it.
  await target.query("CREATE EXTENSION bloom");
  await expect(restore({})).rejects.toMatchObject({ code: "target-incomplete" });
  const { warnings, report } = await restore({ leaveOut: true });
  await asAdmin((admin) => admin.query(`REVOKE ${foreign} FROM ${loader}`));
  expect(report).toMatchObject({ identical: true, level: "rows" });
  for (const name of [
    "extension bloom",
    "table public.a_spot",
    "index public.item_bloom",
    "event trigger watch",
    "publication everything",
  ]) {
    expect(warnings.some((told) => told.startsWith(`left out: ${name}: `))).toBe(true);
  }
  expect(warnings.some((told) => told.startsWith("left out: policy public.lost few: "))).toBe(true);
  expect([await relations(), await hasMarker()]).toEqual([["item", "lost", "theirs"], false]);
  const owners = await target.query<{ name: string; owner: string }>(
    "SELECT relname AS name, relowner::regrole::text AS owner FROM pg_class WHERE relname IN ('item', 'lost', 'theirs') ORDER BY 1",
  );
  expect(owners.map(({ owner }) => owner)).toEqual([own, loader, loader]);
  const [item] = await target.query<{ rows: string; acl: string }>(
    "SELECT (SELECT count(*) FROM item)::text AS rows, relacl::text AS acl FROM pg_class WHERE oid = 'item'::regclass",
  );
  expect(item?.rows).toBe("300");
  expect(item?.acl).toContain(`${foreign}=a/`);
  const [object] = await target.query<{ owner: string }>(
    "SELECT lomowner::regrole::text AS owner FROM pg_largeobject_metadata WHERE oid = 900",
  );
  expect(object?.owner).toBe(loader);
});

test("an extension that is not wanted goes with all that needs it and is said about it", async () => {
  const options = { skipExtensions: ["cube"], skipRoles: true, leaveOut: true };
  const { warnings, report } = await restore(options, { connection: parseConnection(target.url) });
  expect(report).toMatchObject({ identical: true });
  const names = ["extension cube", "extension earthdistance", "acl public.FUNCTION cube_dim(public.cube)"];
  for (const name of names) expect(warnings.some((told) => told.startsWith(`left out: ${name}: `))).toBe(true);
  expect(warnings).toContainEqual(expect.stringMatching(/^left out: table public.a_spot: .*; its 5 rows go along/));
});

test("a database that makes another role of who connects is refused, and not emptied", async () => {
  await target.query("CREATE TABLE precious (id int)");
  await asAdmin((admin) => admin.query(`ALTER DATABASE ${target.name} SET role = ${own}`));
  const admin = parseConnection(target.url);
  await expect(restore({ confirm: true, leaveOut: true }, { connection: admin })).rejects.toMatchObject({
    code: "target-cannot-take",
    message: expect.stringContaining("target-sets-role"),
  });
  expect(await relations()).toEqual(["precious"]);
  await asAdmin((client) => client.query(`ALTER DATABASE ${target.name} RESET role`));
});

test("a database is not made by who may make none, and text of another encoding is told", async () => {
  const name = `made_${suffix}`;
  const create = restore({ create: true, database: name }, { connection: { ...connection, database: "postgres" } });
  await expect(create).rejects.toMatchObject({ message: expect.stringContaining("may create none") });
  const latin = await createDatabase("latin", "ENCODING LATIN1 LOCALE 'C' TEMPLATE template0");
  const inLatin = {
    ...connection,
    database: latin.name,
    user: parseConnection(target.url).user,
    password: parseConnection(target.url).password,
  };
  const rows = await planned(inLatin);
  expect(rows.filter(({ verdict }) => verdict === "rewritten").map(({ code }) => code)).toEqual([
    "encoding-converted",
    "collation-differs",
  ]);
  await latin.drop();
});

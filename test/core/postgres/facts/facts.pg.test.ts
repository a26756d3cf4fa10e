import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConnection } from "../../../../core/postgres/connection.ts";
import { type AskedFacts, readTargetFacts, type TargetFacts } from "../../../../core/postgres/facts/index.ts";
import { openSession } from "../../../../core/postgres/session.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../../support/postgres.ts";

const suffix = randomBytes(4).toString("hex");
const [limited, owned, foreign] = [`limited_${suffix}`, `owned_${suffix}`, `foreign_${suffix}`];
let target: TestDatabase;

beforeAll(async () => {
  target = await createDatabase("facts", "ENCODING LATIN1 LOCALE 'C' TEMPLATE template0");
  await asAdmin((admin) =>
    admin.query(`
      CREATE ROLE ${limited} LOGIN CREATEROLE PASSWORD 'local'; CREATE ROLE ${owned}; CREATE ROLE ${foreign};
      GRANT ${owned} TO ${limited}; ALTER DATABASE ${target.name} SET app.key = 'x'`),
  );
  await target.query("CREATE EXTENSION citext");
});
afterAll(async () => {
  await target.drop();
  await asAdmin((admin) => admin.query(`DROP ROLE ${limited}, ${owned}, ${foreign}`));
});

async function factsAs(user: string, asked: AskedFacts = {}): Promise<TargetFacts> {
  const settings = parseConnection(target.url);
  const own = user === "" ? {} : { user, password: "local" };
  const session = await openSession({ ...settings, ...own }, { purpose: "write", applicationName: "test" });
  return readTargetFacts(session, asked).finally(() => session.end());
}

test("tell what server, database and a role without superuser are", async () => {
  const asked = { collations: ["en-x-icu", "C", "tlh_XX"], labelProviders: ["nobody's"], encoding: "UTF8" };
  const facts = await factsAs(limited, asked);
  expect(facts.role).toMatchObject({
    name: limited,
    isSuperuser: false,
    canCreateRole: true,
    canCreateDatabase: false,
  });
  const role = (wanted: string) => facts.roles.find(({ name }) => name === wanted);
  expect(role(owned)).toMatchObject({ canSet: true, isInherited: true, canAdminister: false });
  expect(role(foreign)).toMatchObject({ canSet: false, isInherited: false, canAdminister: false });
  expect(facts.database).toMatchObject({ encoding: "LATIN1", collate: "C", localeProvider: "libc", canCreate: false });
  expect(facts.database).toMatchObject({ canConvert: true, settings: ["app.key=x"] });
  expect(facts.collations).toEqual([
    { name: "C", version: null },
    { name: "en-x-icu", version: expect.any(String) },
  ]);
  expect(facts.labelProviders).toEqual([]);
  const extension = (wanted: string) => facts.extensions.find(({ name }) => name === wanted);
  expect(extension("citext")).toMatchObject({ installedVersion: expect.any(String), isTrusted: true });
  expect(extension("file_fdw")).toMatchObject({ needsSuperuser: true, isTrusted: false });
  expect(extension("file_fdw")?.installedVersion).toBeUndefined();
  expect(facts.languages).toContainEqual({ name: "plpgsql", canUse: true });
  expect(facts.languages).toContainEqual({ name: "c", canUse: false });
});

test("tell that the database gives its sessions another role, and nothing of one that is yet to be created", async () => {
  await asAdmin((admin) => admin.query(`ALTER DATABASE ${target.name} SET role = ${owned}`));
  const facts = await factsAs("", { encoding: "SQL_ASCII" });
  expect(facts.role.name).toBe(owned);
  expect(facts.database?.settings).toContain(`role=${owned}`);
  expect(facts.database?.canConvert).toBe(false);
  const asked = { encoding: "SQL_ASCII", collations: ["en-x-icu", "C"] };
  const before = await factsAs("", { ...asked, isToBeCreated: true });
  expect(before.database).toBeUndefined();
  // ICU knows no letters in it.
  expect(before.collations.map(({ name }) => name)).toEqual(["C"]);
  expect(before.extensions.every(({ installedVersion }) => installedVersion === undefined)).toBe(true);
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RestorePointRef } from "../../../../core/vault/keys.ts";
import type { Major } from "../../../../infra/local/postgres.ts";
import { differences } from "../../../support/identical.ts";
import { asAdmin } from "../../../support/postgres.ts";
import { preparePython } from "../../../support/python.ts";
import { MAJORS_HERE, type Servers, startServers } from "../../../support/servers.ts";
import { createVault, type TestVault } from "../support.ts";
import { type CommonDatabase, createCommonDatabase, dropCommon } from "./common-schema.ts";
import { unexplained } from "./wording.ts";

interface Source {
  readonly database: CommonDatabase;
  readonly ref: RestorePointRef;
}

let servers: Servers;
let vault: TestVault;
const sources = new Map<Major, Source>();
/** On the run's own server, to be dropped there; the others end with all they hold. */
const created: string[] = [];

beforeAll(async () => {
  await preparePython();
  [servers, vault] = await Promise.all([startServers(MAJORS_HERE), createVault()]);
  await Promise.all(
    MAJORS_HERE.map(async (version) => {
      const database = await createCommonDatabase(servers.of(version));
      sources.set(version, { database, ref: await vault.backUp(database.url) });
    }),
  );
});

afterAll(async () => {
  const roles = [...sources.values()].flatMap(({ database }) => database.roles);
  await asAdmin((admin) => dropCommon(admin, [...created, sources.get(18)?.database.name ?? ""], roles));
  await servers?.stop();
  await vault?.remove();
});

const isHere = ([from, to]: readonly [Major, Major]): boolean => MAJORS_HERE.includes(from) && MAJORS_HERE.includes(to);
const pairs = (...all: readonly (readonly [Major, Major])[]) => all.filter(isHere);

async function restored(from: Major, to: Major): Promise<{ readonly url: string; readonly lines: readonly string[] }> {
  const source = sources.get(from);
  if (source === undefined) throw new Error(`no source of version ${from}`);
  const name = `from_${from}_to_${to}_${source.database.name}`;
  if (to === 18) created.push(name);
  const { host, port, user, password } = servers.of(to);
  const at = (database: string) => `postgres://${user}:${password}@${host}:${port}/${database}?sslmode=disable`;
  const result = await vault.restore(source.ref, at("postgres"), {
    options: { create: true, database: name, compare: "rows" },
  });
  expect(result.report).toMatchObject({ identical: true, level: "rows", differences: [] });
  return { url: at(name), lines: await differences(source.database.url, at(name)) };
}

describe.concurrent("a database that every version knows", () => {
  test.each(pairs([14, 14], [15, 15], [16, 16], [17, 17]))(
    "comes back into a server %i of its own version",
    async (from, to) => {
      const { lines } = await restored(from, to);
      expect(lines).toEqual([]);
    },
  );

  test.each(pairs([14, 18], [15, 18], [16, 18], [17, 18]))("of version %i comes up to %i", async (from, to) => {
    const { lines } = await restored(from, to);
    expect(unexplained(lines)).toEqual([]);
  });

  test.each(pairs([18, 17], [18, 16], [18, 15], [18, 14], [17, 16], [16, 15]))(
    "of version %i goes down to %i",
    async (from, to) => {
      const { lines } = await restored(from, to);
      expect(unexplained(lines)).toEqual([]);
    },
  );
});

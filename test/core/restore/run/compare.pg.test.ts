import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Catalog, Failure, Run, Settings } from "../../../../core/catalog/index.ts";
import { parseConnection } from "../../../../core/postgres/connection.ts";
import { writeMarker } from "../../../../core/postgres/load/marker.ts";
import { withLoadSession } from "../../../../core/postgres/load/session.ts";
import { parseRestoreOptions } from "../../../../core/restore/options.ts";
import { compareGroup, judgeCompare, planCompare } from "../../../../core/restore/run/compare.ts";
import type { RestoreContext } from "../../../../core/restore/run/context.ts";
import type { RestorePointRef } from "../../../../core/vault/keys.ts";
import { createDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { createVault, type TestVault } from "../support.ts";

const RUN_ID = "shop-20261121T021500Z-7k3f9q2mx";

let vault: TestVault;
let source: TestDatabase;
let ref: RestorePointRef;
let runs = 0;

beforeAll(async () => {
  vault = await createVault();
  source = await createDatabase("judged");
  await source.query(
    "CREATE TABLE item (id int PRIMARY KEY); INSERT INTO item VALUES (1); CREATE VIEW items AS TABLE item",
  );
  ref = await vault.backUp(source.url);
});
afterAll(async () => {
  await source.drop();
  await vault.remove();
});

/** The part of the catalog that a comparison uses, in memory. */
function memoryCatalog(run: Run): Catalog {
  let notes: Settings = {};
  const noted = new Map<string, Failure>();
  const current = (): Run => ({ ...run, notes });
  const catalog = {
    runs: {
      beat: async () => current(),
      advance: async (_: string, { notes: more = {} }: { readonly notes?: Settings }) => {
        notes = { ...notes, ...more };
        return current();
      },
      setFindings: async () => {},
    },
    failures: {
      record: async ({ epoch }: Run, where: string, error: Failure["error"]) =>
        void noted.set(where, { epoch, where, at: "", error }),
      list: async () => [...noted.values()],
    },
    restorePoints: { get: async () => undefined },
  };
  return catalog as unknown as Catalog;
}

let runId: string;
let context: RestoreContext;
const begin = (
  compare: string,
  kind = "compare",
  restorePointId: string = ref.restorePointId,
  url = source.url,
): void => {
  runs += 1;
  runId = `${RUN_ID}${runs}`;
  const options = parseRestoreOptions({ compare });
  const run = {
    runId,
    kind,
    source: "shop",
    restorePointId,
    epoch: 1,
    settings: { target: "t", options },
  };
  context = {
    catalog: memoryCatalog(run as unknown as Run),
    vault: vault.store,
    work: vault.store,
    unwrappers: vault.unwrappers,
    readConnection: async () => url,
    mintToken: async () => "",
    deadline: new AbortController().signal,
  };
};

beforeEach(() => begin("counts"));

describe("a comparison in a run", () => {
  test("is identical only when every planned group was compared", async () => {
    const { items } = await planCompare(runId, context);
    expect(items).toBe(2);
    await expect(judgeCompare(runId, context)).rejects.toMatchObject({ code: "compare-stood-still" });
    await compareGroup({ runId, n: 1 }, context);
    const lacking = judgeCompare(runId, context);
    await expect(lacking).rejects.toMatchObject({ name: "CancelledError", message: expect.stringMatching(/^1 of 2 /) });
    await compareGroup({ runId, n: 0 }, context);
    expect(await judgeCompare(runId, context)).toEqual({ runId, identical: true });
  });

  test.each([
    ["compare", 1],
    ["restore", 0],
  ])(
    "takes a database with an unfinished restore for whole only as a restore's own last part (%s)",
    async (kind, n) => {
      begin("counts", kind);
      await withLoadSession(parseConnection(source.url), { applicationName: "test" }, (session) =>
        writeMarker(session, { ...ref, options: "no options" }),
      );
      try {
        await planCompare(runId, context);
        expect(await compareGroup({ runId, n: 0 }, context)).toEqual({ differences: n });
      } finally {
        await source.query("DROP SCHEMA holdfast_restore CASCADE");
      }
    },
  );

  test("is not made of tables that have gone into another group since it was planned, nor of none", async () => {
    const hashed = await createDatabase("regrouped");
    await hashed.query(`
      CREATE TYPE colour AS ENUM ('red', 'green');
      CREATE TABLE thing (c colour) PARTITION BY HASH (c);
      CREATE TABLE thing_0 PARTITION OF thing FOR VALUES WITH (MODULUS 2, REMAINDER 0);
      CREATE TABLE thing_1 PARTITION OF thing FOR VALUES WITH (MODULUS 2, REMAINDER 1)`);
    try {
      const point = await vault.backUp(hashed.url);
      begin("counts", "compare", point.restorePointId, hashed.url);
      await planCompare(runId, context);
      await expect(compareGroup({ runId, n: 2 }, context)).rejects.toMatchObject({ code: "compare-regrouped" });
      expect(await compareGroup({ runId, n: 1 }, context)).toEqual({ differences: 0 });
      await hashed.query("ALTER TABLE thing DETACH PARTITION thing_1");
      const compared = compareGroup({ runId, n: 1 }, context);
      await expect(compared).rejects.toMatchObject({ name: "CancelledError", code: "compare-regrouped" });
    } finally {
      await hashed.drop();
    }
  });

  test("that was never planned is not identical", async () => {
    await expect(judgeCompare(runId, context)).rejects.toMatchObject({ code: "compare-stood-still" });
  });

  test("of counts looks at definitions as well: a changed view is no identical database", async () => {
    await source.query("CREATE OR REPLACE VIEW items AS SELECT 2 AS id");
    await planCompare(runId, context);
    await compareGroup({ runId, n: 1 }, context);
    await compareGroup({ runId, n: 0 }, context);
    const judged = judgeCompare(runId, context);
    await expect(judged).rejects.toMatchObject({ code: "restore-differs", message: expect.stringContaining("items") });
  });

  test("that was not asked for claims nothing", async () => {
    begin("off");
    expect((await planCompare(runId, context)).items).toBe(0);
    expect(await judgeCompare(runId, context)).toEqual({ runId, identical: false });
    const reports = [];
    for await (const { key } of vault.store.list("v1/reports/")) if (key.includes(runId)) reports.push(key);
    expect(reports).toEqual([]);
  });
});

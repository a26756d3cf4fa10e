import { afterAll, beforeAll, expect, test } from "vitest";
import type { Catalog, Move, Run } from "../../../../core/catalog/index.ts";
import { CancelledError } from "../../../../core/errors.ts";
import { parseRestoreOptions } from "../../../../core/restore/options.ts";
import type { RestoreContext } from "../../../../core/restore/run/context.ts";
import { prepareRestore } from "../../../../core/restore/run/restore.ts";
import type { RestorePointRef } from "../../../../core/vault/keys.ts";
import { createDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { createVault, type TestVault } from "../support.ts";

const runId = "shop-20261121T021500Z-7k3f9q2mxa";

let vault: TestVault;
let source: TestDatabase;
let target: TestDatabase;
let ref: RestorePointRef;

beforeAll(async () => {
  vault = await createVault();
  [source, target] = await Promise.all([createDatabase("late_source"), createDatabase("late_target")]);
  await source.query("CREATE TABLE item (id int PRIMARY KEY); INSERT INTO item VALUES (1)");
  await target.query("CREATE TABLE restored AS SELECT 1 AS id");
  ref = await vault.backUp(source.url);
});
afterAll(async () => {
  await Promise.all([source.drop(), target.drop()]);
  await vault.remove();
});

/** A run in this phase, as the catalog guards it. */
function contextIn(phase: string): RestoreContext {
  const options = parseRestoreOptions({ confirm: true });
  const settings = { target: "t", connection: "any", options };
  const run = {
    runId,
    source: "shop",
    restorePointId: ref.restorePointId,
    epoch: 1,
    phase,
    settings,
    leaseOn: undefined,
  };
  const advance = async (_: string, { from, to }: Move) => {
    if (from === undefined || [...from, to].includes(phase)) return run;
    throw new CancelledError("run-moved-on", "the run has moved on");
  };
  const runs = { beat: async () => run as unknown as Run, advance, warn: async () => {}, setFindings: async () => {} };
  const restorePoints = { get: async () => undefined };
  const catalog = { runs, restorePoints, chunks: { plan: async () => {} } } as unknown as Catalog;
  return {
    catalog,
    vault: vault.store,
    work: vault.store,
    unwrappers: vault.unwrappers,
    readConnection: async () => target.url,
    mintToken: async () => "",
    deadline: new AbortController().signal,
  };
}

const tables = async () =>
  (await target.query<{ name: string }>("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'")).map(
    ({ name }) => name,
  );

test("the preparation of a restore that comes late drops nothing of what the first one has led to", async () => {
  await expect(prepareRestore(runId, contextIn("comparing"))).rejects.toMatchObject({ code: "run-moved-on" });
  expect(await tables()).toEqual(["restored"]);
  await prepareRestore(runId, contextIn("preparing"));
  expect(await tables()).toEqual([]);
});

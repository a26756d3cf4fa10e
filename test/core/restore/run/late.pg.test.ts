import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Catalog, Move, Run } from "../../../../core/catalog/index.ts";
import { CancelledError, StoreThrottledError } from "../../../../core/errors.ts";
import { parseConnection } from "../../../../core/postgres/connection.ts";
import { markReady, writeMarker } from "../../../../core/postgres/load/marker.ts";
import { withLoadSession } from "../../../../core/postgres/load/session.ts";
import { parseRestoreOptions } from "../../../../core/restore/options.ts";
import type { RestoreContext } from "../../../../core/restore/run/context.ts";
import { completeRestoreRun, prepareRestore } from "../../../../core/restore/run/restore.ts";
import type { RestorePointRef } from "../../../../core/vault/keys.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { createVault, type TestVault } from "../support.ts";

const runId = "shop-20261121T021500Z-7k3f9q2mxa";

const suffix = randomBytes(4).toString("hex");
const [group, member] = [`late_group_${suffix}`, `late_member_${suffix}`];

let vault: TestVault;
let source: TestDatabase;
let target: TestDatabase;
let ref: RestorePointRef;

beforeAll(async () => {
  vault = await createVault();
  [source, target] = await Promise.all([createDatabase("late_source"), createDatabase("late_target")]);
  await source.query("CREATE TABLE item (id int PRIMARY KEY); INSERT INTO item VALUES (1)");
  await asAdmin((admin) => admin.query(`CREATE ROLE ${group}; CREATE ROLE ${member} IN ROLE ${group}`));
  await source.query(`ALTER TABLE item OWNER TO ${member}`);
  await target.query("CREATE TABLE restored AS SELECT 1 AS id");
  ref = await vault.backUp(source.url);
  await asAdmin((admin) => admin.query(`REVOKE ${group} FROM ${member}`));
});
afterAll(async () => {
  await Promise.all([source.drop(), target.drop()]);
  await asAdmin((admin) => admin.query(`DROP ROLE ${member}; DROP ROLE ${group}`));
  await vault.remove();
});

/** A run in this phase, as the catalog guards it. */
function contextIn(phase: string, warned: string[] = [], plan = async (): Promise<void> => {}): RestoreContext {
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
  const warn = async (_: string, told: readonly string[]): Promise<void> => void warned.push(...told);
  const runs = { beat: async () => run as unknown as Run, advance, warn, setFindings: async () => {} };
  const restorePoints = { get: async () => undefined };
  const catalog = { runs, restorePoints, chunks: { plan } } as unknown as Catalog;
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

test("what a preparation that breaks off has said of roles is told: the next one finds them done and says nothing", async () => {
  await target.query("DROP SCHEMA IF EXISTS holdfast_restore CASCADE");
  const warned: string[] = [];
  const busy = async (): Promise<void> => Promise.reject(new StoreThrottledError("store-throttled", "slow down"));
  await expect(prepareRestore(runId, contextIn("preparing", warned, busy))).rejects.toThrow("slow down");
  expect(warned).toContainEqual(expect.stringContaining(member));
  const after: string[] = [];
  await prepareRestore(runId, contextIn("preparing", after));
  expect(after).toEqual([]);
});

test("a run that has never begun its last act does not take a database without a mark for one it has completed", async () => {
  await target.query("DROP SCHEMA IF EXISTS holdfast_restore CASCADE");
  const context = contextIn("comparing");
  await expect(completeRestoreRun(runId, context)).rejects.toMatchObject({ code: "restore-incomplete" });
  const { beat } = context.catalog.runs;
  // The marker has gone with an earlier call, which died before it could answer.
  context.catalog.runs.beat = async (id) => ({ ...(await beat(id)), notes: { completing: true } });
  await completeRestoreRun(runId, context);
});

test("a run that goes on with what another has begun tells what was agreed to be left out then", async () => {
  const leftOut = [{ what: "event trigger watch", code: "needs-superuser", reason: "only a superuser may" }];
  const plan = JSON.stringify({ leftOut, rewritten: [], decisions: {} });
  await withLoadSession(parseConnection(target.url), { applicationName: "test" }, async (session) => {
    const { source, restorePointId } = ref;
    await writeMarker(session, { source, restorePointId, options: "no options", plan });
    await markReady(session);
  });
  const warned: string[] = [];
  await prepareRestore(runId, contextIn("preparing", warned));
  expect(warned).toContain("left out: event trigger watch: only a superuser may");
});

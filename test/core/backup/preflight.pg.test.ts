import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { preflightBackup } from "../../../core/backup/preflight.ts";
import { backupSettings } from "../../../core/backup/settings.ts";
import { startPgProxy } from "../../support/pg-faults.ts";
import { asAdmin } from "../../support/postgres.ts";
import { createSource, type SourceDatabase, until } from "../postgres/support.ts";
import { sourceRun } from "./dump/source-run.ts";

const ROLE = "holdfast_limited_reader";
let source: SourceDatabase;
beforeAll(async () => {
  source = await createSource("preflight_run");
  await source.query(`DROP ROLE IF EXISTS ${ROLE}; CREATE ROLE ${ROLE} LOGIN PASSWORD 'limited' CONNECTION LIMIT 6`);
});
afterAll(async () => {
  await source.close();
  await asAdmin((admin) => admin.query(`DROP ROLE ${ROLE}`));
});

describe("the preflight of a run", () => {
  it("notes over how many connections it may copy, and later steps copy over no more", async () => {
    const { context, run, notes } = sourceRun({ ...source.settings, user: ROLE, password: "limited" });
    expect(backupSettings(run).concurrency).toBe(4);
    await preflightBackup(run.runId, 1, context);
    expect(notes).toMatchObject({ workers: 2, warnings: [{ code: "concurrency-reduced" }] });
    expect(backupSettings({ ...run, notes }).concurrency).toBe(2);
  });

  it("names a server that falls silent in the middle of it before the function has to end", async () => {
    const proxy = await startPgProxy(inject("postgres"));
    const { context, run } = sourceRun({ ...source.settings, port: proxy.port });
    // A login and the first answers are about 2 KB.
    proxy.fault({ part: "preflight", times: 1, does: { silenceAfterBytes: 2_500 } });
    const deadline = { remainingMillis: () => 2_000 };
    await expect(preflightBackup(run.runId, 1, { ...context, deadline })).rejects.toMatchObject({
      name: "SourceUnavailableError",
      code: "answer-late",
    });
    await until(async () => proxy.connected() === 0);
    await proxy.close();
  });
});

import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { hold } from "../../../../core/backup/dump/hold.ts";
import { planBackup } from "../../../../core/backup/dump/plan-dump.ts";
import { refOf } from "../../../../core/backup/settings.ts";
import { createEnvelope } from "../../../../core/vault/envelope/create.ts";
import { memoryStore } from "../../../support/memory-store.ts";
import { startPgProxy } from "../../../support/pg-faults.ts";
import { newRsaRecipient } from "../../../support/recipients.ts";
import { createSource, type SourceDatabase, until } from "../../postgres/support.ts";
import { sourceRun } from "./source-run.ts";

let source: SourceDatabase;
beforeAll(async () => {
  source = await createSource("plan_dump");
  await source.query("CREATE TABLE ledger (id int)");
});
afterAll(() => source.close());

async function holdsTable(part: string): Promise<boolean> {
  const text = `SELECT FROM pg_locks JOIN pg_stat_activity a USING (pid)
                WHERE relation = 'ledger'::regclass AND granted AND a.application_name LIKE $1`;
  return (await source.query(text, [`holdfast ${part}%`])).length > 0;
}

describe("planning a dump", () => {
  it("lets pg_dump's locks go with the holders', so that a migration runs, and plans nothing", async () => {
    const proxy = await startPgProxy(inject("postgres"));
    const { context, run, published, letGo } = sourceRun({ ...source.settings, port: proxy.port });
    const { recipient, unwrapper } = newRsaRecipient();
    const vault = memoryStore();
    const unwrappers = [unwrapper];
    await createEnvelope(vault, refOf(run), { recipients: [recipient], unwrappers, random: randomBytes });
    // Slow enough to be met while it holds its locks, and silent from then on.
    proxy.fault({ part: "plan schema", does: { delayMillis: 20 } });
    const holding = hold({ runId: run.runId, epoch: 1, n: 0 }, context);
    await until(async () => published.has(0));
    const planning = planBackup(run.runId, 1, { ...context, vault, work: memoryStore(), unwrappers });
    planning.catch(() => {});
    await until(() => holdsTable("plan schema"));
    proxy.silence("plan schema");
    const migration = source.query("ALTER TABLE ledger ADD COLUMN note text");
    letGo();
    await migration;
    expect(await planning).toMatchObject({ chunks: 0, itemsKey: "" });
    expect(await holding).toMatchObject({ isDone: true });
    await proxy.close();
  });
});

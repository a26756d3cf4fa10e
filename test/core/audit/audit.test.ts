import { describe, expect, it } from "vitest";
import { type AuditRecord, auditKey, auditLog, endOfRun, listAudit, startOfRun } from "../../../core/audit/index.ts";
import type { Run } from "../../../core/catalog/index.ts";
import { assertKey } from "../../../core/vault/store/port.ts";
import { memoryStore } from "../../support/memory-store.ts";

const ID = "20261121T021500Z-7k3f9q2mxa";
const execution = {
  arn: "arn:aws:states:eu-central-1:1:execution:restore:x",
  name: "x",
  startedAt: "2026-11-21T02:15:00.000Z",
};
const run: Run = {
  runId: `shop-${ID}`,
  kind: "restore",
  source: "shop",
  status: "running",
  phase: "preparing",
  epoch: 1,
  protocol: 1,
  executionArn: execution.arn,
  restorePointId: ID,
  reason: "rehearsal",
  author: "arn:aws:sts::1:assumed-role/Admin/maria",
  settings: {
    target: "drill",
    connection: "drill-write",
    network: "office",
    options: { database: "shop_copy", create: true, confirm: "0123456789ab", password: "hunter2" },
  },
  startedAt: "2026-11-21T02:15:00.123Z",
  heartbeatAt: "2026-11-21T02:15:00.123Z",
};
const ended: Run = {
  ...run,
  status: "failed",
  finishedAt: "2026-11-22T00:00:01.000Z",
  error: { name: "PreconditionError", code: "target-not-empty", message: "table public.customers is there" },
  findings: [{ where: "public.customers", code: "x", message: "y" }],
};
const end = { kind: "restore", execution, status: "failed", ...(ended.error && { error: ended.error }) } as const;

describe("an audit record", () => {
  it("says who had what done, where, with which options", () => {
    expect(startOfRun(run, "main")).toEqual({
      schema: 1,
      installation: "main",
      event: "started",
      kind: "restore",
      at: "2026-11-21T02:15:00.123Z",
      author: "arn:aws:sts::1:assumed-role/Admin/maria",
      execution: execution.arn,
      runId: `shop-${ID}`,
      source: "shop",
      restorePointId: ID,
      reason: "rehearsal",
      options: { target: "drill", database: "shop_copy", create: true, confirm: "0123456789ab" },
    });
  });

  it("says how it ended, but nothing that the vault keeps secret and no option that is not known", () => {
    const record = endOfRun(end, ended, "main");
    expect(record.at).toBe(ended.finishedAt);
    expect(record.result).toEqual({
      status: "failed",
      error: { name: "PreconditionError", code: "target-not-empty" },
      findings: 1,
    });
    expect(JSON.stringify(record)).not.toMatch(/customers|hunter2|drill-write/);
  });

  it("says of a rebuild whether it was of every source", () => {
    const rebuild: Run = { ...run, kind: "rebuild", settings: { everySource: true } };
    expect(startOfRun(rebuild, "main").options).toEqual({ everySource: true });
  });

  it("names the schedule where nobody has said who it was, and nobody where nothing is known", () => {
    const { author, ...unsaid } = run;
    expect(startOfRun({ ...unsaid, scheduledAt: "2026-11-21T02:15:00Z" }, "main").author).toBe("schedule");
    expect(startOfRun(unsaid, "main").author).toBe("unknown");
  });

  it("is there for executions that came to no run", () => {
    const record = endOfRun({ ...end, status: "failed" }, undefined, "main");
    expect(record).toMatchObject({
      event: "ended",
      at: execution.startedAt,
      author: "unknown",
      execution: execution.arn,
    });
    expect(assertKey(auditKey(record))).toMatch(
      /^v1\/audit\/2026\/11\/21\/021500\.000Z-none-[0-9a-f]{16}-ended\.json$/,
    );
  });

  it("has a key by its moment, so that a day's records stand in order", () => {
    expect(assertKey(auditKey(startOfRun(run, "main")))).toBe(
      `v1/audit/2026/11/21/021500.123Z-shop-${ID}-started.json`,
    );
    expect(auditKey(endOfRun(end, ended, "main"))).toBe(`v1/audit/2026/11/22/000001.000Z-shop-${ID}-ended.json`);
  });
});

describe("the audit log", () => {
  const records: readonly AuditRecord[] = [startOfRun(run, "main"), endOfRun(end, ended, "main")];
  const written = async () => {
    const store = memoryStore();
    for (const record of records) await auditLog(store).write(record);
    return store;
  };
  const range = { since: new Date("2026-11-21T00:00:00Z"), until: new Date("2026-11-22T12:00:00Z") };

  it("keeps the first record of a fact, however often and in whatever words it is written again", async () => {
    const store = await written();
    await auditLog(store).write({ ...startOfRun(run, "main"), author: "somebody else" });
    expect((await listAudit(store, range)).map(({ record }) => record)).toEqual(records);
  });

  it("is listed by time and source", async () => {
    const store = await written();
    const events = async (changed: object) =>
      (await listAudit(store, { ...range, ...changed })).map(({ record }) => record?.event);
    expect(await events({ source: "shop" })).toEqual(["started", "ended"]);
    expect(await events({ source: "ledger" })).toEqual([]);
    expect(await events({ since: new Date("2026-11-21T03:00:00Z") })).toEqual(["ended"]);
    expect(await events({ until: new Date("2026-11-21T03:00:00Z") })).toEqual(["started"]);
  });

  it("lists what is no record, for somebody has put it there", async () => {
    const store = await written();
    await store.putIfAbsent("v1/audit/2026/11/21/forged.json", Buffer.from("{}"));
    expect(await listAudit(store, range)).toContainEqual({ key: "v1/audit/2026/11/21/forged.json" });
  });
});

import { describe, expect, it } from "vitest";
import type { AuditEntry } from "../../../core/audit/index.ts";
import { holdfast } from "../support/fakes.ts";

const execution = "arn:aws:states:eu-central-1:1:execution:restore:x";
const common = { schema: 1, installation: "default", execution } as const;
const entries: readonly AuditEntry[] = [
  {
    key: "v1/audit/a",
    record: {
      ...common,
      event: "ended",
      kind: "restore",
      at: "2026-11-21T02:15:00.123Z",
      author: "arn:aws:sts::1:assumed-role/Admin/maria",
      runId: "shop-20261121T021500Z-7k3f9q2mxa",
      source: "shop",
      options: { target: "drill", database: "shop_copy", confirm: "0123456789ab" },
      result: { status: "failed", error: { name: "PreconditionError", code: "target-changed" }, findings: 0 },
    },
  },
  {
    key: "v1/audit/b",
    record: {
      ...common,
      event: "started",
      kind: "backup",
      at: "2026-11-21T02:16:00Z",
      author: "schedule",
      source: "ledger",
    },
  },
];

describe("holdfast audit", () => {
  it("says who had what done where, and with what result", async () => {
    const { stdout, exitCode } = await holdfast(["audit"], { audit: entries });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(
      /restore ended +shop +shop-20261121T021500Z-7k3f9q2mxa +drill\/shop_copy \(confirmed\) +arn:aws:sts::1:assumed-role\/Admin\/maria +failed: target-changed/,
    );
    expect(stdout).toMatch(/backup started +ledger .*schedule/);
  });

  it("is of one source where one is named", async () => {
    const { json } = await holdfast(["audit", "ledger", "--json"], { audit: entries });
    expect(json.records).toEqual([entries[1]?.record]);
  });

  it("names what stands among the records and is none", async () => {
    const { stdout, json } = await holdfast(["audit", "--json"], { audit: [{ key: "v1/audit/forged.json" }] });
    expect(json).toMatchObject({ records: [], unreadable: ["v1/audit/forged.json"] });
    expect(stdout).not.toBe("");
  });

  it("refuses a time it does not understand before anything is asked", async () => {
    expect((await holdfast(["audit", "--since", "yesterday"], { openError: new Error("asked") })).exitCode).toBe(2);
  });
});

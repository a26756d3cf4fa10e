import { describe, expect, it } from "vitest";
import type { AuditLog } from "../../../core/audit/index.ts";
import type { Catalog } from "../../../core/catalog/index.ts";
import { PreconditionError } from "../../../core/errors.ts";
import { type EndContext, type EndRequest, endRun } from "../../../core/runs/end.ts";

/** Of an input that names no source: nothing of it is in the catalog, so none is asked. */
const refused: EndRequest = {
  kind: "backup",
  execution: { arn: "arn", name: "by hand", startedAt: "2026-11-21T02:15:00.000Z" },
  input: {},
  status: "failed",
  error: { name: "ConfigurationError", code: "invalid-event", message: "source is undefined" },
};

function contextOf(refuses: "event" | "alert") {
  const sent: string[] = [];
  const send = async (what: "event" | "alert", text: string): Promise<void> => {
    if (what === refuses) throw new PreconditionError("store-access-denied", `no ${what}`);
    sent.push(text);
  };
  const context: EndContext = {
    catalog: {} as Catalog,
    installation: "test",
    audit: {} as AuditLog,
    sendAlert: (subject) => send("alert", subject),
    sendEvent: (type) => send("event", type),
    measure: () => sent.push("figures"),
  };
  return { context, sent };
}

describe("whoever can be told of a failed run is told", () => {
  it.each([
    ["event", ["Holdfast test: backup of an unknown source failed, invalid-event", "figures"]],
    ["alert", ["holdfast.backup.failed", "figures"]],
  ] as const)("when the %s is refused, and that is said", async (refuses, want) => {
    const { context, sent } = contextOf(refuses);
    await expect(endRun(refused, context)).rejects.toMatchObject({ code: "store-access-denied" });
    expect(sent).toEqual(want);
  });
});

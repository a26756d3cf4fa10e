import { expect, it } from "vitest";
import { maximal, synthesize } from "./support/synthesized.ts";

const { shop, ledger } = maximal.sources ?? {};
const { drill, elsewhere } = maximal.targets ?? {};
if (!shop || !ledger || !drill || !elsewhere) throw new Error("the largest configuration has lost its members");

/** Workers' roles by what they may connect to. */
function connecting(backups: ReturnType<typeof synthesize>["backups"]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const [id, { Properties }] of Object.entries(backups.findResources("AWS::IAM::Role"))) {
    const text = JSON.stringify(Properties.Policies ?? []);
    const users = [...text.matchAll(/:dbuser:([^"\\]+)/g)].map(([, user = ""]) => user);
    if (text.includes("rds-db:connect")) found.set(id.replace(/^Functions|Role[0-9A-F]{8}$/g, ""), users);
  }
  return found;
}

it("the workers of a network may log in by token as the users that its sources or targets name, and nobody else", () => {
  const config = {
    ...maximal,
    sources: { shop: { ...shop, iam: { resourceId: "db-ABC123", user: "holdfast_read" } }, ledger },
    targets: { drill: { ...drill, iam: { resourceId: "cluster-XYZ", user: "holdfast_write" } }, elsewhere },
  };
  const roles = connecting(synthesize(config).backups);
  const readers = ["Preflight", "Hold", "PlanDump", "DumpChunk"].map((verb) => `Public${verb}`);
  for (const reader of readers) expect(roles.get(reader)).toEqual(["db-ABC123/holdfast_read"]);
  const writers = [...roles].filter(([id]) => !readers.includes(id));
  expect(writers.map(([id]) => id)).toContain("OfficeLoadChunk");
  for (const [id, users] of writers) {
    expect(id).toMatch(/^Office(?!Preflight|Hold|Plan|Dump)|^OfficePlanCompare/);
    expect(users).toEqual(["cluster-XYZ/holdfast_write"]);
  }
});

import { describe, expect, it } from "vitest";
import { identityWarnings } from "../../../core/backup/identity.ts";
import type { RestorePoint } from "../../../core/catalog/index.ts";

const last = (systemIdentifier: string | null, databaseOid: number) =>
  ({ restorePointId: "20261121T021500Z-7k3f9q2mxa", identity: { systemIdentifier, databaseOid } }) as RestorePoint;

describe("the identity of a source's database", () => {
  it("raises nothing when it is the first, the same, or was never told", () => {
    const now = { systemIdentifier: "7", databaseOid: 5 };
    expect(identityWarnings(now, undefined)).toEqual([]);
    expect(identityWarnings(now, last("7", 5))).toEqual([]);
    expect(identityWarnings({ ...now, systemIdentifier: null }, last("7", 5))).toEqual([]);
    expect(identityWarnings(now, last(null, 5))).toEqual([]);
  });

  it("raises a warning that names both when server or database is another", () => {
    const other = identityWarnings({ systemIdentifier: "8", databaseOid: 5 }, last("7", 5));
    expect(other).toMatchObject([{ code: "another-database" }]);
    expect(other[0]?.message).toMatch(/server 8.*20261121T021500Z-7k3f9q2mxa.*server 7/);
    expect(identityWarnings({ systemIdentifier: "7", databaseOid: 6 }, last("7", 5))).toHaveLength(1);
  });
});

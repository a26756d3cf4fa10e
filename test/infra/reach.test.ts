import { describe, expect, it } from "vitest";
import { runKey, runPartition, sourceKey } from "../../core/catalog/keys.ts";
import { environment } from "../../core/config/index.ts";
import { vaultKeys } from "../../core/vault/keys.ts";
import { representativePolicies } from "./policy/page.ts";
import { type ResolvedRole, resolve } from "./policy/resolved.ts";
import { mayDo } from "./policy/stolen.ts";
import { minimal, representative, synthesize } from "./support/synthesized.ts";

const resolved = await representativePolicies();
const roleOf = (name: string) => resolved.roles.find((role) => role.name === `Functions${name}Role`) as ResolvedRole;
const ID = "20261121T021500Z-7k3f9q2mxa";
const TABLE = "arn:aws:dynamodb:eu-central-1:111122223333:table/Catalog";
const BUCKET = "arn:aws:s3:::VaultBucket";

const touch = (role: string, action: string, partition: string) =>
  mayDo(roleOf(role), { action, resource: TABLE, context: { "dynamodb:LeadingKeys": [partition] } }, resolved);
const write = (role: string, key: string) =>
  mayDo(
    roleOf(role),
    {
      action: "s3:PutObject",
      resource: `${BUCKET}/${key}`,
      context: { "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true" },
    },
    resolved,
  );
const open = (role: string, context: Record<string, string>) =>
  mayDo(
    roleOf(role),
    { action: "kms:Decrypt", resource: "arn:aws:kms:eu-central-1:111122223333:key/EnvelopeKey", context },
    resolved,
  );

describe("a worker that reads sources", () => {
  it("touches the catalog's partitions of its own network's sources and their runs", () => {
    expect(touch("OfficeDumpChunk", "dynamodb:UpdateItem", runKey(`ledger-${ID}`).pk)).toBe(true);
    expect(touch("OfficeDumpChunk", "dynamodb:PutItem", runPartition(`people-${ID}`))).toBe(true);
    expect(touch("OfficeDumpChunk", "dynamodb:GetItem", sourceKey("shop"))).toBe(false);
    expect(touch("OfficeDumpChunk", "dynamodb:PutItem", runPartition(`shop-${ID}`))).toBe(false);
    expect(touch("OfficeDumpChunk", "dynamodb:PutItem", runPartition(`ledger-eu-${ID}`))).toBe(false);
    expect(touch("OfficeDumpChunk", "dynamodb:GetItem", "TARGET#drill")).toBe(false);
    expect(touch("OfficeDumpChunk", "dynamodb:Query", "STATUS#available")).toBe(false);
  });

  it("writes below its own sources' prefixes", () => {
    const key = (source: string) => vaultKeys.chunkKey({ source, kind: "full", restorePointId: ID }, 1, 1);
    expect(["ledger", "people", "shop", "ledger-eu"].filter((source) => write("OfficeDumpChunk", key(source)))).toEqual(
      ["ledger", "people"],
    );
  });

  it("opens its own sources' envelopes", () => {
    expect(open("OfficeDumpChunk", { "kms:EncryptionContext:source": "ledger" })).toBe(true);
    expect(open("OfficeDumpChunk", { "kms:EncryptionContext:source": "shop" })).toBe(false);
    expect(open("OfficeDumpChunk", {})).toBe(false);
  });
});

describe("a worker that writes targets", () => {
  it("touches any source's runs, for any may be restored, and its own network's targets", () => {
    expect(touch("OfficeLoadChunk", "dynamodb:UpdateItem", sourceKey("shop"))).toBe(true);
    expect(touch("OfficeLoadChunk", "dynamodb:UpdateItem", "TARGET#drill")).toBe(true);
    expect(touch("OfficeLoadChunk", "dynamodb:UpdateItem", "TARGET#elsewhere")).toBe(false);
    expect(touch("OfficeLoadChunk", "dynamodb:Query", "STATUS#available")).toBe(false);
  });

  it("creates nothing in the vault and opens what is an envelope", () => {
    expect(write("OfficeLoadChunk", `v1/data/ledger/full/2026-11-21/${ID}/00001.1`)).toBe(false);
    const context = { "kms:EncryptionContext:source": "shop", "kms:EncryptionContext:restore-point": ID };
    expect(open("OfficeLoadChunk", context)).toBe(true);
    expect(open("OfficeLoadChunk", {})).toBe(false);
  });
});

describe("a network with many sources", () => {
  /** Of a role's inline policies together, white space not counted: "IAM and AWS STS character limits". */
  const LIMIT = 10_240;
  const planDump = (count: number, nameLength: number) => {
    const name = (prefix: string, n: number) => `${prefix}${n}`.padEnd(nameLength, "x");
    const sources = Object.fromEntries(
      Array.from({ length: count }, (_, n) => [
        name("source", n),
        { kind: "postgres" as const, connection: name("c", n), network: "office" },
      ]),
    );
    const { roles } = resolve(synthesize({ ...minimal, networks: representative.networks ?? {}, sources }));
    const [role] = roles.filter((each) => each.name === "FunctionsOfficePlanDumpRole");
    // CloudFormation makes the bucket's name, up to 63 characters long.
    return JSON.stringify(role?.statements).replaceAll("VaultBucket", "b".repeat(63));
  };

  it.each([
    [10, 32],
    [16, 8],
  ])("has all its %i sources named, with names of %i characters", (count, nameLength) => {
    const policy = planDump(count, nameLength);
    expect(policy).toContain("/v1/meta/source9");
    expect(policy.length).toBeLessThan(LIMIT);
  });

  it("has workers that reach all sources where naming them would not fit into a role, and their own secrets still", () => {
    const policy = planDump(40, 16);
    expect(policy).not.toContain("/v1/meta/source9");
    expect(policy).toContain("/v1/meta/*");
    expect(policy).toContain("c39");
    expect(policy.length).toBeLessThan(LIMIT);
  });
});

describe("the environment of functions", () => {
  const functions = resolved.resources.filter(({ type }) => type === "AWS::Lambda::Function");
  const variables = functions.flatMap(({ properties }) =>
    Object.entries((properties.Environment as { Variables: Record<string, string> }).Variables),
  );

  it("holds names and addresses from a known list and nothing that is resolved from a secret", () => {
    const known: readonly string[] = [
      ...Object.values(environment),
      "NODE_OPTIONS",
      "NODE_EXTRA_CA_CERTS",
      "POWERTOOLS_SERVICE_NAME",
      "POWERTOOLS_METRICS_NAMESPACE",
      "POWERTOOLS_LOG_LEVEL",
    ];
    expect([...new Set(variables.map(([name]) => name))].filter((name) => !known.includes(name))).toEqual([]);
    expect(
      variables.map(([, value]) => value).filter((value) => /resolve:|secretsmanager|holdfast\/main\//.test(value)),
    ).toEqual([]);
  });
});

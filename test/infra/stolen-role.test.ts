import { describe, expect, it } from "vitest";
import { CREATING, dangers, keys, objectArn } from "./policy/dangers.ts";
import { representativePolicies } from "./policy/page.ts";
import type { ResolvedRole } from "./policy/resolved.ts";
import { type Attempt, administrator, mayDo } from "./policy/stolen.ts";

const resolved = await representativePolicies();
const may = (role: Pick<ResolvedRole, "statements" | "arn">, attempt: Attempt) => mayDo(role, attempt, resolved);
const actionsOf = ({ statements }: ResolvedRole) =>
  statements.flatMap(({ Effect, Action }) => (Effect === "Allow" ? [Action ?? []].flat() : []));
const told = ({ action, resource }: Attempt) => `${action} on ${resource}`;
/** Without the role's surroundings: `OfficeDumpChunk`. */
const shortName = ({ name }: ResolvedRole) => name.replace(/^Functions/, "").replace(/Role$/, "");
const whoMay = (attempt: Attempt) => resolved.roles.filter((role) => may(role, attempt)).map(shortName);

/**
 * Everything that any role may do, and why no restore point is lost by it. What is new here has to be thought through before it passes.
 */
const lossless: Readonly<Record<string, string>> = {
  "dynamodb:BatchGetItem": "reads",
  "dynamodb:ConditionCheckItem": "reads",
  "dynamodb:GetItem": "reads",
  "dynamodb:PutItem": "the catalog is an index: it is rebuilt from the vault, or restored to a point in time",
  "dynamodb:Query": "reads",
  "dynamodb:UpdateItem": "as PutItem",
  "ec2:AssignPrivateIpAddresses": "denied to the functions' own code",
  "ec2:CreateNetworkInterface": "denied to the functions' own code",
  "ec2:DeleteNetworkInterface": "denied to the functions' own code",
  "ec2:DescribeNetworkInterfaces": "denied to the functions' own code",
  "ec2:DescribeSubnets": "denied to the functions' own code",
  "ec2:UnassignPrivateIpAddresses": "denied to the functions' own code",
  "events:DescribeRule": "reads",
  "events:PutEvents": "noise on the bus; nothing of ours acts on it",
  "events:PutRule": "of Step Functions' own rule for nested executions",
  "events:PutTargets": "of Step Functions' own rule for nested executions",
  "kms:Decrypt": "reads; whoever may, can read what the key protects, and no more",
  "kms:Encrypt": "makes envelopes; one that is there is not overwritten",
  "kms:GenerateDataKey": "of the alerts' key, for the topic",
  "lambda:InvokeFunction":
    "runs our own code with events that it checks; a load worker empties targets, never the vault",
  "logs:CreateLogDelivery": "Step Functions' logging; takes no resource",
  "logs:CreateLogStream": "adds",
  "logs:DeleteLogDelivery": "Step Functions' logging; the vault has no log of its own there",
  "logs:DescribeLogGroups": "reads",
  "logs:DescribeResourcePolicies": "reads",
  "logs:GetLogDelivery": "reads",
  "logs:ListLogDeliveries": "reads",
  "logs:PutLogEvents": "adds",
  "logs:PutResourcePolicy": "Step Functions' logging; takes no resource",
  "logs:UpdateLogDelivery": "Step Functions' logging; takes no resource",
  "s3:AbortMultipartUpload": "ends what is not an object yet; at worst a backup fails",
  "s3:DeleteObject":
    "of ClearLeftovers alone, and never a manifest: it hides versions that stay, until the marker is taken away",
  "s3:GetObject": "reads ciphertext",
  "s3:ListBucket": "reads",
  "s3:ListBucketMultipartUploads": "reads",
  "s3:PutObject": "creates; the bucket's policy refuses to overwrite",
  "secretsmanager:GetSecretValue": "reads the connections of one network",
  "sns:Publish": "noise in the alert topic",
  "sqs:SendMessage": "adds to the queue of undelivered starts",
  "states:DescribeExecution": "reads",
  "states:StartExecution": "runs our own machines",
  "states:StopExecution": "a run fails, cleanly",
  "xray:GetSamplingRules": "reads",
  "xray:GetSamplingTargets": "reads",
  "xray:PutTelemetryRecords": "adds",
  "xray:PutTraceSegments": "adds",
};

/** Clearing what dead runs have left needs to hide objects: the one deletion there is. What it can reach is held below. */
const isClearing = (role: ResolvedRole, { action }: Attempt) =>
  shortName(role) === "ClearLeftovers" && action === "s3:DeleteObject";

describe("a stolen role", () => {
  it.each(resolved.roles.map((role) => [shortName(role), role] as const))(
    "%s has no action but known ones, by name",
    (_name, role) => {
      expect(actionsOf(role).filter((action) => lossless[action] === undefined)).toEqual([]);
    },
  );

  it.each(Object.entries(dangers))("never %s", (_what, attempts) => {
    const done = resolved.roles.flatMap((role) =>
      attempts
        .filter((attempt) => may(role, attempt) && !isClearing(role, attempt))
        .map((attempt) => `${shortName(role)}: ${told(attempt)}`),
    );
    expect(done).toEqual([]);
  });

  it.each(Object.entries(dangers))(
    "is asked nothing in vain: an administrator %s, but where the bucket refuses",
    (_what, attempts) => {
      const refused = attempts.filter((attempt) => !may(administrator, attempt)).map(({ action }) => action);
      const byTheBucket = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObject"];
      expect(refused.filter((action) => !byTheBucket.includes(action))).toEqual([]);
    },
  );
});

describe("what is in the vault", () => {
  const create = (key: string): Attempt => ({
    action: "s3:PutObject",
    resource: objectArn(key),
    context: CREATING,
  });

  it("is created by one kind of function each", () => {
    const writers = Object.fromEntries(Object.entries(keys).map(([kind, key]) => [kind, whoMay(create(key))]));
    expect(writers).toEqual({
      marker: ["Encrypt"],
      envelope: ["Encrypt"],
      // It would hide the one below it: only rewrapping makes one, and no function rewraps.
      laterEnvelope: [],
      schema: ["PublicPlanDump"],
      manifest: ["Upload"],
      manifestPart: ["Upload"],
      summary: ["Upload"],
      data: ["PublicDumpChunk"],
      report: expect.arrayContaining(["JudgeCompare"]),
      audit: ["Resolve", "Record", "Cleanup"],
    });
  });

  it("is hidden by one function, which holds no key and can hide no manifest, and loses no version by anybody", () => {
    const hide = (key: string): Attempt => ({ action: "s3:DeleteObject", resource: objectArn(key) });
    const hidden = Object.entries(keys).filter(([, key]) => whoMay(hide(key)).length > 0);
    expect(hidden.map(([kind]) => kind).toSorted()).toEqual(
      ["data", "envelope", "laterEnvelope", "manifestPart", "schema"].toSorted(),
    );
    for (const [, key] of hidden) expect(whoMay(hide(key))).toEqual(["ClearLeftovers"]);
    const clearing = resolved.roles.filter((role) => shortName(role) === "ClearLeftovers").flatMap(actionsOf);
    expect(clearing.filter((action) => action.startsWith("kms:") || action === "s3:DeleteObjectVersion")).toEqual([]);
  });

  it("cannot be written without TLS, not even what may be created", () => {
    const plain = {
      ...create(keys.manifest),
      context: { ...create(keys.manifest).context, "aws:SecureTransport": "false" },
    };
    expect(may(administrator, create(keys.manifest))).toBe(true);
    expect(may(administrator, plain)).toBe(false);
  });

  it("cannot be overwritten by an administrator either, nor an audit record be deleted", () => {
    const overwrite = { ...create(keys.manifest), context: { "s3:ObjectCreationOperation": "true" } };
    expect(may(administrator, overwrite)).toBe(false);
    for (const action of ["s3:DeleteObject", "s3:DeleteObjectVersion"]) {
      expect(may(administrator, { action, resource: objectArn(keys.audit) })).toBe(false);
    }
  });
});

describe("databases", () => {
  const secret = (name: string): Attempt => ({
    action: "secretsmanager:GetSecretValue",
    resource: `arn:aws:secretsmanager:eu-central-1:111122223333:secret:holdfast/main/${name}-AbCdEf`,
  });
  const sources = ["shop-read", "ledger-read", "people-read", "machines-read"];
  const targets = ["elsewhere-write", "drill-write", "rehearsal-write"];
  const dumps = ["Preflight", "Hold", "PlanDump", "DumpChunk"];

  it("are read by dump workers of their own network, and by nobody who may write one", () => {
    const expected = {
      "shop-read": "Public",
      "ledger-read": "Office",
      "people-read": "Office",
      "machines-read": "Plant",
    };
    for (const [name, network] of Object.entries(expected)) {
      expect(whoMay(secret(name))).toEqual(dumps.map((verb) => `${network}${verb}`));
    }
  });

  it("are written by load workers of their own network, and by nobody who may read a source", () => {
    const readers = new Set(sources.flatMap((name) => whoMay(secret(name))));
    const writers = new Set(targets.flatMap((name) => whoMay(secret(name))));
    expect([...writers].filter((name) => readers.has(name))).toEqual([]);
    for (const [name, network] of Object.entries({ "elsewhere-write": "Public", "drill-write": "Office" })) {
      const found = whoMay(secret(name));
      expect(found.length).toBeGreaterThan(0);
      expect(found.filter((role) => !role.startsWith(network))).toEqual([]);
    }
  });
});

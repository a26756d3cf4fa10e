import path from "node:path";
import { describe, expect, it } from "vitest";
import { readDefinitions } from "../../infra/asl/definition.ts";
import { REPOSITORY } from "../../infra/bundle.ts";
import type { Statement } from "./policy/evaluate.ts";
import { representativePolicies } from "./policy/page.ts";

const { resources, resourcePolicies, roles } = await representativePolicies();
const ofType = (type: string) => resources.filter((resource) => resource.type === type);
const text = (value: unknown) => JSON.stringify(value);

describe("every store", () => {
  it("that is a bucket is closed to the public and to ACLs, and encrypted", () => {
    const buckets = ofType("AWS::S3::Bucket");
    expect(buckets.length).toBeGreaterThan(2);
    for (const { properties } of buckets) {
      expect(properties).toMatchObject({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
        BucketEncryption: expect.anything(),
      });
      expect(properties).not.toHaveProperty("AccessControl");
    }
  });

  it("that is a bucket or a queue refuses requests without TLS", () => {
    const names = [...ofType("AWS::S3::Bucket"), ...ofType("AWS::SQS::Queue")].map(({ name }) => name);
    for (const name of names) {
      const denied = (resourcePolicies.get(name) ?? []).filter(({ Effect }) => Effect === "Deny");
      expect(
        denied.some(({ Condition }) => text(Condition) === '{"Bool":{"aws:SecureTransport":"false"}}'),
        name,
      ).toBe(true);
    }
  });

  it("that is a table, a queue or a topic is encrypted", () => {
    for (const { properties } of ofType("AWS::DynamoDB::GlobalTable"))
      expect(properties.SSESpecification).toMatchObject({ SSEEnabled: true });
    for (const { properties } of ofType("AWS::SQS::Queue")) expect(properties.SqsManagedSseEnabled).toBe(true);
    for (const { properties } of ofType("AWS::SNS::Topic")) expect(properties.KmsMasterKeyId).toBeTypeOf("string");
  });
});

describe("nobody but the account", () => {
  const allowing = [...resourcePolicies].flatMap(([name, statements]) =>
    statements.filter(({ Effect }) => Effect === "Allow").map((statement) => ({ name, statement })),
  );
  const services = ({ Principal }: Statement) =>
    typeof Principal === "object" ? [Principal.Service ?? []].flat() : [];
  const isGuarded = ({ Condition }: Statement) => /"aws:Source(Arn|Account)"/.test(text(Condition) ?? "");

  it("is admitted by a resource: every Allow names the account or a service", () => {
    const open = allowing.filter(({ statement }) => /"\*"/.test(text(statement.Principal)));
    expect(open.map(({ name }) => name)).toEqual([]);
    expect(resources.filter(({ type }) => type === "AWS::Lambda::Url")).toEqual([]);
  });

  it("has a service act on its behalf, but for EventBridge on the topic, where AWS admits no condition", () => {
    const unguarded = allowing.filter(({ statement }) => services(statement).length > 0 && !isGuarded(statement));
    expect(unguarded.map(({ name, statement }) => `${name} ${statement.Sid}`)).toEqual(["AlertsTopic EventsPublish"]);
  });

  it("takes on a role: functions, and state machines and schedules of this account", () => {
    for (const { name, trust } of roles) {
      const principals = trust.flatMap(services);
      expect(trust.map(({ Principal }) => Object.keys(Principal ?? {}))).toEqual([["Service"]]);
      if (principals[0] !== "lambda.amazonaws.com") expect(trust.every(isGuarded), name).toBe(true);
    }
    const known = ["lambda.amazonaws.com", "scheduler.amazonaws.com", "states.amazonaws.com"];
    expect([...new Set(roles.flatMap(({ trust }) => trust.flatMap(services)))].sort()).toEqual(known);
  });
});

describe("state machines", async () => {
  const definitions = await readDefinitions(path.join(REPOSITORY, "statemachines"));

  it.each(Object.entries(definitions))(
    "%s hands on no connection, host, user or password: workers read those by their names",
    (_name, definition) => {
      expect(definition).not.toMatch(/connection|password|secret|\bhost\b|\buser(name)?\b/i);
    },
  );
});

import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { RUNTIME_CONTEXT } from "../../infra/context.ts";
import { functionSpecs } from "../../infra/functions.ts";
import { token } from "./support/placeholders.ts";
import { maximal, minimal, synthesize } from "./support/synthesized.ts";

const specs = Object.values(functionSpecs);
const outside = specs.filter(({ network }) => network === "none").length;
const workersPerNetwork = specs.length - outside;

const small = synthesize(minimal).backups;
const large = synthesize(maximal).backups;

interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | string[];
  readonly Resource: unknown;
}

function flat(node: unknown): string {
  if (typeof node === "string") return node;
  if (Array.isArray(node)) return node.map(flat).join(" | ");
  const [name, value] = Object.entries(node as object)[0] ?? [];
  if (name === "Fn::Join") return (value as [string, unknown[]])[1].map(flat).join("");
  if (name === "Fn::ImportValue")
    return `<${/ExportsOutput(?:Ref|FnGetAtt)([A-Za-z]+?)[0-9A-F]{8}/.exec(String(value))?.[1]}>`;
  if (name === "Fn::GetAtt") return `<${(value as string[])[0]?.replace(/[0-9A-F]{8}$/, "")}>`;
  return `<${String(value)}>`;
}

describe("functions", () => {
  it("run on Node 24 on ARM, traced, with JSON logs, each under a role of its own", () => {
    const functions = Object.values(small.findResources("AWS::Lambda::Function"));
    const roles = new Set(functions.map((fn) => JSON.stringify(fn.Properties.Role)));
    expect(roles.size).toBe(functions.length);
    for (const fn of functions) {
      expect(fn.Properties).toMatchObject({
        Runtime: "nodejs24.x",
        Architectures: ["arm64"],
        TracingConfig: { Mode: "Active" },
        LoggingConfig: { LogFormat: "JSON" },
      });
    }
  });

  it("are published as versions that outlive a deployment", () => {
    const functions = Object.keys(small.findResources("AWS::Lambda::Function"));
    const versions = Object.values(small.findResources("AWS::Lambda::Version"));
    expect(versions).toHaveLength(functions.length);
    for (const version of versions) expect(version).toMatchObject({ DeletionPolicy: "Retain" });
  });

  it("have one worker set per network, in its subnets, and no VPC for public endpoints", () => {
    large.resourceCountIs("AWS::Lambda::Function", outside + 2 * workersPerNetwork);
    large.hasResourceProperties("AWS::Lambda::Function", {
      Description: Match.stringLikeRegexp("Streams one chunk"),
      VpcConfig: { SubnetIds: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"], SecurityGroupIds: ["sg-0a1b2c3d"] },
    });
    const inVpc = Object.values(large.findResources("AWS::Lambda::Function")).filter((fn) => fn.Properties.VpcConfig);
    expect(inVpc).toHaveLength(workersPerNetwork);
    expect(Object.values(small.findResources("AWS::Lambda::Function")).some((fn) => fn.Properties.VpcConfig)).toBe(
      false,
    );
  });

  it("trust the authorities of RDS where they meet databases, but beside a local AWS, which has its own", () => {
    const trusts = (template: typeof small) =>
      Object.values(template.findResources("AWS::Lambda::Function")).filter(
        (fn) => fn.Properties.Environment.Variables.NODE_EXTRA_CA_CERTS === "/var/runtime/ca-cert.pem",
      );
    expect(trusts(small)).toHaveLength(workersPerNetwork);
    const local = synthesize(minimal, undefined, { [RUNTIME_CONTEXT]: "local" }).backups;
    expect(JSON.stringify(local.findResources("AWS::Lambda::Function"))).not.toContain("NODE_EXTRA_CA_CERTS");
  });

  it("stay within Lambda's 4 KB of environment with three networks", () => {
    const network = (n: number) => ({
      vpcId: "vpc-0a1b2c3d",
      subnetIds: [`subnet-0a1b2c3${n}`],
      securityGroupIds: ["sg-0a1b2c3d"],
    });
    const input = {
      ...minimal,
      networks: { "network-with-a-name-this-long-a": network(1), "network-with-a-name-this-long-b": network(2) },
      sources: {
        a: { kind: "postgres", connection: "a", network: "network-with-a-name-this-long-a" },
        b: { kind: "postgres", connection: "b", network: "network-with-a-name-this-long-b" },
        c: { kind: "postgres", connection: "c" },
      },
    } as const;
    const { backups } = synthesize(input);
    const [resolve] = Object.values(
      backups.findResources("AWS::Lambda::Function", {
        Properties: { Description: Match.stringLikeRegexp("takes the lease") },
      }),
    );
    const workers = JSON.stringify(resolve?.Properties.Environment.Variables.HOLDFAST_WORKERS);
    const count = workers.match(/Fn::GetAtt/g)?.length ?? 0;
    expect(count).toBe(3 * workersPerNetwork);
    // A function's name is cut to 64 characters by CloudFormation; a verb and quotes come beside it.
    expect(count * (64 + ":999".length + '"compareTables":"",'.length)).toBeLessThan(4096);
  });

  it("refuse more networks than that", () => {
    const ids = ["a", "b", "c", "d"];
    const networks = Object.fromEntries(
      ids.map((id) => [
        id,
        { vpcId: "vpc-0a1b2c3d", subnetIds: ["subnet-0a1b2c3d"], securityGroupIds: ["sg-0a1b2c3d"] },
      ]),
    );
    const sources = Object.fromEntries(
      ids.map((id) => [id, { kind: "postgres" as const, connection: id, network: id }]),
    );
    expect(() => synthesize({ ...minimal, networks, sources })).toThrow(
      "sources and targets are in 4 networks, allowed are 3",
    );
  });
});

/** What each may do is held by permissions.test.ts and stolen-role.test.ts. */
describe("roles", () => {
  it("of workers in a VPC know that network interfaces are Lambda's business and not its code's", () => {
    large.hasResourceProperties("AWS::IAM::Role", {
      Policies: [
        Match.objectLike({
          PolicyDocument: {
            Statement: Match.arrayWith([
              Match.objectLike({ Effect: "Deny", Condition: { Null: { "lambda:SourceFunctionArn": "false" } } }),
            ]),
          },
        }),
      ],
    });
  });

  it("have no managed policy, no wildcard action, no right to delete a version of an object", () => {
    const roles = large.findResources("AWS::IAM::Role");
    for (const role of Object.values(roles)) expect(role.Properties.ManagedPolicyArns).toBeUndefined();
    const text = JSON.stringify({ roles, policies: large.findResources("AWS::IAM::Policy") });
    expect(text).not.toMatch(/"[a-z0-9]+:\*"/);
    expect(text).not.toContain("s3:DeleteObjectVersion");
    expect(text).not.toContain("s3:BypassGovernanceRetention");
  });
});

describe("state machines", () => {
  it("log, trace, and have their numbers and functions filled in", () => {
    const [machine] = Object.values(
      large.findResources("AWS::StepFunctions::StateMachine", {
        Properties: { StateMachineName: "holdfast-large-backup" },
      }),
    );
    expect(machine?.Properties).toMatchObject({
      LoggingConfiguration: { Level: "ALL", IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
    expect(machine?.Properties.DefinitionString).toContain('"MaxConcurrency":12');
    expect(Object.keys(machine?.Properties.DefinitionSubstitutions).sort()).toEqual([
      "AlertTopic",
      "Resolve",
      "WorkBucket",
    ]);
  });

  it("may invoke any version of just their functions, read the work bucket, and run their own children", () => {
    const policies = Object.entries(small.findResources("AWS::IAM::Policy")).filter(([id]) => id.startsWith("Backup"));
    const statements = policies.flatMap(([, policy]) => policy.Properties.PolicyDocument.Statement as Statement[]);
    const grants = statements
      .map(({ Action, Resource }) => `${[Action].flat().sort().join(",")} on ${flat(Resource)}`)
      .sort();
    expect(grants).toMatchInlineSnapshot(`
      [
        "lambda:InvokeFunction on <FunctionsPublicDumpChunk>:* | <FunctionsPublicHold>:* | <FunctionsResolve>:*",
        "logs:CreateLogDelivery,logs:DeleteLogDelivery,logs:DescribeLogGroups,logs:DescribeResourcePolicies,logs:GetLogDelivery,logs:ListLogDeliveries,logs:PutResourcePolicy,logs:UpdateLogDelivery,xray:GetSamplingRules,xray:GetSamplingTargets,xray:PutTelemetryRecords,xray:PutTraceSegments on *",
        "s3:GetObject on <Work>/runs/*",
        "sns:Publish on <AlertsTopic>",
        "states:DescribeExecution,states:StopExecution on arn:aws:states:eu-central-1:111122223333:execution:holdfast-small-backup/* | arn:aws:states:eu-central-1:111122223333:execution:holdfast-small-backup:*",
        "states:StartExecution on arn:aws:states:eu-central-1:111122223333:stateMachine:holdfast-small-backup",
      ]
    `);
  });

  it("fail to build around a token nothing stands for", () => {
    const definition = JSON.stringify({
      StartAt: "P",
      States: { P: { Type: "Pass", Comment: token("Nothing"), End: true } },
    });
    expect(() => synthesize(minimal, { backup: definition })).toThrow(/uses \$\{Nothing\}, known are/);
  });
});

describe("schedules", () => {
  it("retry for an hour, then leave the start in a closed queue, and say when it was due", () => {
    large.hasResourceProperties("AWS::Scheduler::Schedule", {
      Name: "shop.nightly",
      State: "DISABLED",
      ScheduleExpression: "cron(15 2 * * ? *)",
      ScheduleExpressionTimezone: "Europe/Berlin",
      Target: {
        Input:
          '{"source":"shop","reason":"schedule nightly","author":"schedule","scheduledAt":"<aws.scheduler.scheduled-time>"}',
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 20 },
        DeadLetterConfig: { Arn: Match.anyValue() },
      },
    });
    large.hasResourceProperties("AWS::Scheduler::Schedule", { Name: "shop.hourly", State: "ENABLED" });
    large.hasResourceProperties("AWS::SQS::Queue", { SqsManagedSseEnabled: true });
    small.resourceCountIs("AWS::Scheduler::Schedule", 0);
  });

  it("leave no group behind whose name a later deployment would find taken", () => {
    small.hasResource("AWS::Scheduler::ScheduleGroup", { DeletionPolicy: "Delete" });
  });
});

describe("executions that end badly", () => {
  it("call the published cleanup function, with a queue for what cannot be delivered", () => {
    small.hasResourceProperties("AWS::Events::Rule", {
      EventPattern: {
        source: ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        detail: {
          status: ["FAILED", "TIMED_OUT", "ABORTED"],
          stateMachineArn: [
            "arn:aws:states:eu-central-1:111122223333:stateMachine:holdfast-small-backup",
            "arn:aws:states:eu-central-1:111122223333:stateMachine:holdfast-small-verify",
          ],
        },
      },
      Targets: [
        Match.objectLike({
          Arn: { Ref: Match.stringLikeRegexp("CleanupCurrentVersion") },
          DeadLetterConfig: Match.anyValue(),
        }),
      ],
    });
  });
});

describe("the installation's parameter", () => {
  it("names what the command needs", () => {
    small.hasResourceProperties("AWS::SSM::Parameter", { Name: "/holdfast/small", Type: "String" });
  });
});

/**
 * The role of one function: its own statements and nothing shared, so that what a function may do can be read in one place.
 * @module
 */
import { aws_iam as iam, type aws_logs as logs } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { acknowledgeWildcards } from "../acknowledge.ts";

export interface FunctionRoleProps {
  readonly statements: readonly iam.PolicyStatement[];
  readonly logGroup: logs.ILogGroup;
  readonly inVpc: boolean;
}

/** What Lambda itself does on the function's behalf to reach a VPC; these actions take no resource. */
const NETWORK_INTERFACE_ACTIONS = [
  "ec2:CreateNetworkInterface",
  "ec2:DeleteNetworkInterface",
  "ec2:DescribeNetworkInterfaces",
  "ec2:DescribeSubnets",
  "ec2:AssignPrivateIpAddresses",
  "ec2:UnassignPrivateIpAddresses",
];

/** For Lambda alone: the key is present in what the function's own code asks for, and in nothing the service does. */
function networkInterfaces(): iam.PolicyStatement[] {
  const statement = { actions: NETWORK_INTERFACE_ACTIONS, resources: ["*"] };
  return [
    new iam.PolicyStatement(statement),
    new iam.PolicyStatement({
      ...statement,
      effect: iam.Effect.DENY,
      conditions: { Null: { "lambda:SourceFunctionArn": "false" } },
    }),
  ];
}

export function functionRole(scope: Construct, id: string, props: FunctionRoleProps): iam.IRole {
  const logStreams = `${props.logGroup.logGroupArn}`;
  const statements = [
    ...props.statements,
    new iam.PolicyStatement({ actions: ["logs:CreateLogStream", "logs:PutLogEvents"], resources: [logStreams] }),
    new iam.PolicyStatement({ actions: ["xray:PutTraceSegments", "xray:PutTelemetryRecords"], resources: ["*"] }),
    ...(props.inVpc ? networkInterfaces() : []),
  ];
  const role = new iam.Role(scope, id, {
    assumedBy: new iam.ServicePrincipal("lambda.amazonaws.com"),
    inlinePolicies: { Function: new iam.PolicyDocument({ statements }) },
  });
  acknowledgeWildcards(
    role,
    statements.flatMap((statement) => statement.resources),
    "Keys beneath one prefix of one bucket, streams of one log group; X-Ray and network interfaces take no resource.",
  );
  // CDK would otherwise add statements of its own wherever the role is used.
  return role.withoutPolicyUpdates();
}

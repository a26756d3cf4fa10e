/**
 * One state machine from its file: substitutions, logging, tracing, and a role with exactly what its states need.
 * @module
 */
import { aws_iam as iam, type aws_logs as logs, Stack, aws_stepfunctions as sfn } from "aws-cdk-lib";
import { Construct } from "constructs";
import { acknowledgeWildcards } from "../acknowledge.ts";
import { type AslDefinition, fillNumbers } from "../asl/definition.ts";
import { deriveNeeds } from "../asl/needs.ts";
import { pascalCase } from "../names.ts";
import type { FunctionFleet } from "./function-fleet.ts";
import { needStatements } from "./machine-grants.ts";

export interface MachineProps {
  readonly name: string;
  readonly machineName: string;
  readonly machineArn: string;
  /** The text of `statemachines/<name>.asl.json`. */
  readonly definition: string;
  readonly fleet: FunctionFleet;
  /** What other tokens stand for: `WorkBucket`, `CatalogTable`, `AlertTopic`, `<Name>Machine`. */
  readonly substitutions: Readonly<Record<string, string>>;
  readonly numbers: Readonly<Record<string, number>>;
  /** ARN of what a token names, where it is not the value itself. */
  readonly arns: Readonly<Record<string, string>>;
  readonly logGroup: logs.ILogGroup;
}

export class Machine extends Construct {
  readonly machine: sfn.StateMachine;

  constructor(scope: Construct, id: string, props: MachineProps) {
    super(scope, id);
    const definition = JSON.parse(fillNumbers(props.definition, props.numbers)) as AslDefinition;
    const needs = deriveNeeds(definition);
    const role = new iam.Role(this, "Role", { assumedBy: onBehalfOf(props.machineArn, Stack.of(this).account) });
    const statements = needStatements(needs, props);
    for (const statement of statements) role.addToPolicy(statement);
    const text = JSON.stringify(definition);
    this.machine = new sfn.StateMachine(this, "Machine", {
      stateMachineName: props.machineName,
      definitionBody: sfn.DefinitionBody.fromString(text),
      definitionSubstitutions: usedOnly(text, { ...functionTokens(props.fleet), ...props.substitutions }),
      role: role as iam.IRole,
      tracingEnabled: true,
      // Inputs and outputs are ids and counts; execution data is left out all the same, for errors may quote a server.
      logs: { destination: props.logGroup, level: sfn.LogLevel.ALL, includeExecutionData: false },
    });
    if (needs.some(({ kind }) => kind === "distributed-map")) this.allowChildren(role, props.machineArn);
    acknowledgeWildcards(
      role,
      [...statements.flatMap(({ resources }) => resources), "*"],
      "Any version of one function, so that a run outlives a deployment; executions of one machine; keys of one bucket; tracing and log delivery take no resource.",
    );
  }

  /** A distributed Map starts its children as executions of this same machine; in a policy of its own, which the machine need not wait for. */
  private allowChildren(role: iam.Role, machineArn: string): void {
    const executions = `${machineArn.replace(":stateMachine:", ":execution:")}`;
    const statements = [
      new iam.PolicyStatement({ actions: ["states:StartExecution"], resources: [machineArn] }),
      new iam.PolicyStatement({
        actions: ["states:DescribeExecution", "states:StopExecution"],
        // A child execution's ARN has the Map's label between the machine's name and its own.
        resources: [`${executions}:*`, `${executions}/*`],
      }),
    ];
    const policy = new iam.Policy(this, "Children", { roles: [role as iam.IRole], statements });
    acknowledgeWildcards(
      policy,
      statements.flatMap(({ resources }) => resources),
      "Children of this machine's own executions have names Step Functions chooses.",
    );
  }
}

/** Step Functions, for this machine and the children of its Maps (`name/label`) and for no other of any account. */
function onBehalfOf(machineArn: string, account: string): iam.ServicePrincipal {
  return new iam.ServicePrincipal("states.amazonaws.com", {
    conditions: { StringEquals: { "aws:SourceAccount": account }, ArnLike: { "aws:SourceArn": `${machineArn}*` } },
  });
}

function functionTokens(fleet: FunctionFleet): Record<string, string> {
  return Object.fromEntries([...fleet.versions].map(([name, version]) => [pascalCase(name), version.functionArn]));
}

/** @throws Error naming a token no substitution stands for, which CloudFormation would leave in the text. */
function usedOnly(text: string, all: Readonly<Record<string, string>>): Record<string, string> {
  const tokens = [...new Set([...text.matchAll(/\$\{([A-Za-z]+)\}/g)].map(([, token]) => token ?? ""))];
  const missing = tokens.filter((token) => all[token] === undefined);
  if (missing.length > 0) {
    throw new Error(
      `a state machine uses ${missing.map((token) => `\${${token}}`).join(", ")}, known are ${Object.keys(all).join(", ")}`,
    );
  }
  return Object.fromEntries(tokens.map((token) => [token, all[token] ?? ""]));
}

/**
 * From what a definition needs to IAM statements.
 * @module
 */
import { aws_iam as iam, Stack } from "aws-cdk-lib";
import type { Need } from "../asl/needs.ts";
import { pascalCase } from "../names.ts";
import type { FunctionFleet } from "./function-fleet.ts";

export interface MachineGrantContext {
  readonly name: string;
  readonly fleet: FunctionFleet;
  readonly arns: Readonly<Record<string, string>>;
}

/** @throws Error when a definition names a function, worker or resource that is not there. */
export function needStatements(needs: readonly Need[], context: MachineGrantContext): iam.PolicyStatement[] {
  return needs.flatMap((need) => statementsFor(need, context));
}

function statementsFor(need: Need, { name, fleet, arns }: MachineGrantContext): iam.PolicyStatement[] {
  switch (need.kind) {
    case "function": {
      const found = [...fleet.versions].find(([folder]) => pascalCase(folder) === need.token);
      if (found === undefined)
        throw new Error(`state machine ${name} invokes \${${need.token}}, no such function is deployed`);
      return [invoke([found[1].lambda.functionArn])];
    }
    case "worker": {
      const workers = fleet.workers.get(need.verb) ?? [];
      // Without sources there are no workers; the machine is deployed all the same and can only refuse.
      return workers.length === 0 ? [] : [invoke(workers.map((worker) => worker.functionArn))];
    }
    case "action":
      return [new iam.PolicyStatement({ actions: [need.action], resources: [resourceOf(name, need, arns)] })];
    case "machine":
      return nested(resourceOf(name, need, arns), Stack.of(fleet));
    case "distributed-map":
      return [];
  }
}

/** Any version, so that a running execution may go on calling the versions it began with. */
function invoke(functionArns: readonly string[]): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ["lambda:InvokeFunction"],
    resources: functionArns.map((arn) => `${arn}:*`),
  });
}

function resourceOf(
  name: string,
  need: { readonly token: string; readonly action?: string },
  arns: Readonly<Record<string, string>>,
): string {
  const arn = arns[need.token];
  if (arn === undefined)
    throw new Error(`state machine ${name} uses \${${need.token}}, known are ${Object.keys(arns).join(", ")}`);
  // Items of a distributed Map lie below runs/, and nothing else is read by a machine itself.
  return need.action?.startsWith("s3:") ? `${arn}/runs/*` : arn;
}

/** Starting another machine and waiting for it: Step Functions follows it by a managed rule. */
function nested(machineArn: string, stack: Stack): iam.PolicyStatement[] {
  const rule = stack.formatArn({
    service: "events",
    resource: "rule",
    resourceName: "StepFunctionsGetEventsForStepFunctionsExecutionRule",
  });
  return [
    new iam.PolicyStatement({ actions: ["states:StartExecution"], resources: [machineArn] }),
    new iam.PolicyStatement({
      actions: ["states:DescribeExecution", "states:StopExecution"],
      resources: [`${machineArn.replace(":stateMachine:", ":execution:")}:*`],
    }),
    new iam.PolicyStatement({
      actions: ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
      resources: [rule],
    }),
  ];
}

/**
 * Executions of the state machines.
 * @module
 */
import { DescribeExecutionCommand, type SFNClient, StartExecutionCommand } from "@aws-sdk/client-sfn";
import type { ExecutionView } from "./port.ts";

const statuses: Readonly<Record<string, ExecutionView["status"]>> = {
  RUNNING: "running",
  PENDING_REDRIVE: "running",
  SUCCEEDED: "succeeded",
  FAILED: "failed",
  TIMED_OUT: "timed-out",
  ABORTED: "aborted",
};

/** Under the run's id as its name, which makes a repeated start of the same run harmless. */
export async function startExecution(
  sfn: SFNClient,
  stateMachineArn: string,
  name: string,
  input: Readonly<Record<string, unknown>>,
): Promise<string> {
  const started = await sfn.send(new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }));
  if (started.executionArn === undefined) throw new Error("StartExecution gave no ARN");
  return started.executionArn;
}

export async function describeExecution(sfn: SFNClient, executionArn: string): Promise<ExecutionView> {
  const { status, output, error, cause } = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  return {
    status: statuses[status ?? ""] ?? "running",
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  };
}

/**
 * The deployed stack as tests see it: its clients, its executions and what they may carry.
 */
import { setTimeout as pause } from "node:timers/promises";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { PutSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  type HistoryEvent,
  ListMapRunsCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import { SNSClient } from "@aws-sdk/client-sns";
import { SQSClient } from "@aws-sdk/client-sqs";
import { SSMClient } from "@aws-sdk/client-ssm";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { inject } from "vitest";
import { READ_ROLE, WRITE_ROLE } from "../../infra/local/databases.ts";
import { clientOptions } from "../../infra/local/stack.ts";

/** Step Functions allows 256 KiB; what grows with a database must never come near. */
const LARGEST_PAYLOAD_BYTES = 32 * 1024;

const options = () => clientOptions(inject("stack").env, inject("stack").ca);

/** Clients with the operator's own keys. */
export const clients = {
  sfn: once(() => new SFNClient(options())),
  s3: once(() => new S3Client({ ...options(), forcePathStyle: true })),
  dynamodb: once(() => DynamoDBDocumentClient.from(new DynamoDBClient(options()))),
  kms: once(() => new KMSClient(options())),
  logs: once(() => new CloudWatchLogsClient(options())),
  lambda: once(() => new LambdaClient(options())),
  scheduler: once(() => new SchedulerClient(options())),
  secrets: once(() => new SecretsManagerClient(options())),
  sns: once(() => new SNSClient(options())),
  sqs: once(() => new SQSClient({ ...options(), useQueueUrlAsEndpoint: false })),
  ssm: once(() => new SSMClient(options())),
};

/** The text of a secret that leads to a database of the stack's server. */
export function connectionSecret(database: string, role: "read" | "write", changes: object = {}): string {
  const { host, port } = inject("postgres");
  const { user: username, password } = role === "read" ? READ_ROLE : WRITE_ROLE;
  return JSON.stringify({
    engine: "postgres",
    host,
    port,
    username,
    password,
    dbname: database,
    sslrootcert: inject("stack").ca,
    ...changes,
  });
}

/** Points a connection of `stack-config.ts` at a database; `changes` spoil it on purpose (a wrong password, a dead port). */
export async function storeConnection(
  connection: string,
  database: string,
  role: "read" | "write",
  changes: object = {},
): Promise<void> {
  const SecretId = `${inject("stack").parameter.secretPrefix}${connection}`;
  const SecretString = connectionSecret(database, role, changes);
  await clients.secrets().send(new PutSecretValueCommand({ SecretId, SecretString }));
}

/** @returns the execution's ARN */
export async function startExecution(machine: string, input: object, name?: string): Promise<string> {
  const stateMachineArn = inject("stack").parameter.stateMachines[machine];
  if (stateMachineArn === undefined) throw new Error(`state machine ${machine} is not deployed`);
  const start = { stateMachineArn, input: JSON.stringify(input), ...(name === undefined ? {} : { name }) };
  const { executionArn = "" } = await clients.sfn().send(new StartExecutionCommand(start));
  return executionArn;
}

export async function stopExecution(executionArn: string): Promise<void> {
  await clients.sfn().send(new StopExecutionCommand({ executionArn, error: "Stopped", cause: "by a test" }));
}

export interface Ended extends DescribeExecutionCommandOutput {
  readonly events: readonly HistoryEvent[];
  /** The output parsed, or undefined. */
  readonly result: unknown;
}

/** Waits for an execution to end, whichever way, and checks the size of everything it and its children carried. */
export async function waitFor(executionArn: string): Promise<Ended> {
  let execution = await clients.sfn().send(new DescribeExecutionCommand({ executionArn }));
  while (execution.status === "RUNNING") {
    await pause(100);
    execution = await clients.sfn().send(new DescribeExecutionCommand({ executionArn }));
  }
  const events = await history(executionArn);
  const result: unknown = execution.output === undefined ? undefined : JSON.parse(execution.output);
  return { ...execution, events, result };
}

export async function runMachine(machine: string, input: object, name?: string): Promise<Ended> {
  return waitFor(await startExecution(machine, input, name));
}

/** Every event of an execution and of the children of its distributed Maps.
 *  @throws Error naming the event whose payload is larger than what a payload may be. */
export async function history(executionArn: string): Promise<HistoryEvent[]> {
  const events = await eventsOf(executionArn);
  const { mapRuns = [] } = await clients.sfn().send(new ListMapRunsCommand({ executionArn }));
  for (const { mapRunArn = "" } of mapRuns) {
    for await (const page of paginateListExecutions({ client: clients.sfn() }, { mapRunArn })) {
      for (const child of page.executions ?? []) events.push(...(await eventsOf(child.executionArn ?? "")));
    }
  }
  return events;
}

async function eventsOf(executionArn: string): Promise<HistoryEvent[]> {
  const events: HistoryEvent[] = [];
  const pages = paginateGetExecutionHistory({ client: clients.sfn() }, { executionArn, includeExecutionData: true });
  for await (const page of pages) events.push(...(page.events ?? []));
  assertPayloads(events);
  return events;
}

/** Names of the states that were entered, in order, as often as they were. */
export function visited(events: readonly HistoryEvent[]): string[] {
  return events.flatMap(({ stateEnteredEventDetails }) => stateEnteredEventDetails?.name ?? []);
}

function assertPayloads(events: readonly HistoryEvent[]): void {
  for (const event of events) {
    for (const [field, text] of payloads(event)) {
      const bytes = Buffer.byteLength(text);
      if (bytes > LARGEST_PAYLOAD_BYTES) {
        throw new Error(
          `${event.type} ${event.id} carries ${bytes} bytes of ${field}, allowed are ${LARGEST_PAYLOAD_BYTES}`,
        );
      }
    }
  }
}

/** Inputs, outputs and variables, wherever in an event they are. */
function* payloads(node: object, path = ""): Generator<[string, string]> {
  for (const [name, value] of Object.entries(node)) {
    if (typeof value === "string") yield [`${path}${name}`, value];
    else if (typeof value === "object" && value !== null && !(value instanceof Date))
      yield* payloads(value, `${path}${name}.`);
  }
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/**
 * Invocations of an execution, delivered again as they were: made from the states that its history says were entered and from
 * the machine's own definition.
 */
import { setTimeout as pause } from "node:timers/promises";
import { InvokeCommand, paginateListFunctions } from "@aws-sdk/client-lambda";
import { DescribeExecutionCommand } from "@aws-sdk/client-sfn";
import type { Run } from "../../core/catalog/index.ts";
import { readMachines, type State, statesOf } from "../statemachines/machines.ts";
import { clients, history } from "../support/stack.ts";
import { catalog } from "./sources.ts";

export type Values = Readonly<Record<string, unknown>>;

export interface Delivery {
  readonly state: string;
  readonly functionName: string;
  readonly payload: Values;
}

/** What came of one: the function's answer, or the name and code of its error. */
export interface Delivered extends Delivery {
  readonly answer?: unknown;
  readonly error?: { readonly name: string; readonly code: string };
}

/**
 * Of an execution that has a run by now; failures that were noted are left out, there being nothing to say again. What happens
 * within a Parallel or a distributed Map is in no history of the local AWS: the catalog tells how far that is.
 */
export async function deliveriesOf(machine: string, executionArn: string, runId: string): Promise<Delivery[]> {
  const states = await tasksOf(machine);
  const run = await catalog().runs.expect(runId);
  const context = await contextOf(executionArn, run);
  const entered = await enteredBy(executionArn);
  const all = [...entered, ...(await within(run, new Set(entered.map(([name]) => name))))];
  const made = await Promise.all(
    all.map(([state, input]) => {
      const definition = states.get(state);
      return definition?.Type === "Task" ? deliveryOf(state, definition, { ...context, ...ofInput(input) }) : undefined;
    }),
  );
  return made.filter((delivery) => delivery !== undefined);
}

export type Entered = readonly [state: string, input: Values];

export async function enteredBy(executionArn: string): Promise<Entered[]> {
  return (await history(executionArn)).flatMap(({ stateEnteredEventDetails: details }): Entered[] => {
    return details?.name === undefined ? [] : [[details.name, JSON.parse(details.input ?? "{}") as Values]];
  });
}

/** What stands in a task's expressions, by the expression: of its execution, and of its run at this beginning. */
export async function contextOf(executionArn: string, { runId, epoch }: Pick<Run, "runId" | "epoch">): Promise<Values> {
  const execution = await clients.sfn().send(new DescribeExecutionCommand({ executionArn }));
  return {
    "$states.context.Execution.Id": executionArn,
    "$states.context.Execution.Name": execution.name,
    "$states.context.Execution.StartTime": execution.startDate?.toISOString(),
    "$states.context.Execution.Input": JSON.parse(execution.input ?? "{}") as unknown,
    $runId: runId,
    $epoch: epoch,
    "$states.input.runId": runId,
    "$states.input.epoch": epoch,
  };
}

export function ofInput(input: Values): Values {
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [`$states.input.${name}`, value]));
}

/** @returns undefined where a value is not known, or nothing is deployed for the state */
export async function deliveryOf(state: string, { Arguments }: State, values: Values): Promise<Delivery | undefined> {
  const { FunctionName, Payload } = Arguments as { FunctionName: string; Payload: Values };
  const payload = filled(Payload, values);
  const named = new RegExp(`Functions${nameOf(FunctionName)}[0-9A-F]{8}`);
  const functionName = (await functionNames()).find((name) => named.test(name));
  if (payload === undefined || functionName === undefined) return undefined;
  return { state, functionName, payload: payload as Values };
}

/** Invocations within those states, as far as the catalog knows of them. */
async function within(run: Run, entered: ReadonlySet<string>): Promise<Entered[]> {
  const found: Entered[] = [];
  const attempted = (await catalog().chunks.list(run.runId)).filter(
    ({ attempts, epoch }) => attempts > 0 && epoch === run.epoch,
  );
  if (entered.has("HoldAndDump")) {
    found.push(["HoldA", { n: 0 }], ["HoldB", { n: 1 }], ["PlanDump", {}]);
    found.push(...attempted.map(({ n }): Entered => ["DumpChunk", { n }]));
    if (run.phase !== "dumping" && run.phase !== "preparing") found.push(["Judge", {}]);
  }
  if (entered.has("LoadChunks")) found.push(...attempted.map(({ n }): Entered => ["LoadChunk", { n }]));
  const groups = Number(run.notes?.verifyGroups ?? 0);
  if (entered.has("VerifyChunks")) {
    found.push(...Array.from({ length: groups }, (_, n): Entered => ["VerifyChunk", { n, groups }]));
  }
  return found;
}

export async function deliver(delivery: Delivery): Promise<Delivered> {
  const { functionName: FunctionName, payload } = delivery;
  const command = new InvokeCommand({ FunctionName, Payload: Buffer.from(JSON.stringify(payload)) });
  const answer = await clients.lambda().send(command);
  const body = JSON.parse(Buffer.from(answer.Payload ?? []).toString("utf8") || "null");
  if (answer.FunctionError === undefined) return { ...delivery, answer: body };
  const { errorType: name, errorMessage } = body as { errorType: string; errorMessage: string };
  const code = errorMessage.startsWith("{") ? (JSON.parse(errorMessage) as { code: string }).code : errorMessage;
  return { ...delivery, error: { name, code } };
}

/** Delivers every invocation that `isWanted` a second time as soon as it has begun, until the execution has ended. */
export async function deliverTwice(
  machine: string,
  executionArn: string,
  runId: () => Promise<string>,
  isWanted: (state: string) => boolean = () => true,
): Promise<Delivered[]> {
  const begun = new Map<string, Promise<Delivered>>();
  for (;;) {
    const { status } = await clients.sfn().send(new DescribeExecutionCommand({ executionArn }));
    if (status !== "RUNNING") return Promise.all(begun.values());
    for (const delivery of await deliveriesOf(machine, executionArn, await runId())) {
      const key = JSON.stringify(delivery);
      if (isWanted(delivery.state) && !begun.has(key)) begun.set(key, deliver(delivery));
    }
    await pause(100);
  }
}

let definitions: ReturnType<typeof readMachines> | undefined;
async function tasksOf(machine: string): Promise<ReadonlyMap<string, State>> {
  definitions ??= readMachines();
  const definition = (await definitions).find(({ name }) => name === machine)?.definition;
  return new Map(definition === undefined ? [] : statesOf(definition));
}

let names: Promise<string[]> | undefined;
function functionNames(): Promise<string[]> {
  names ??= (async () => {
    const found: string[] = [];
    for await (const { Functions = [] } of paginateListFunctions({ client: clients.lambda() }, {})) {
      found.push(...Functions.flatMap(({ FunctionName }) => FunctionName ?? []));
    }
    return found;
  })();
  return names;
}

/** `${Judge}` or `{% $workers.hold %}`, as they stand in the names of functions. */
function nameOf(reference: string): string {
  const [, outside, worker = ""] = /\$\{(\w+)\}|workers\.(\w+)/.exec(reference) ?? [];
  return outside ?? `Public${worker.charAt(0).toUpperCase()}${worker.slice(1)}`;
}

/** Expressions replaced by their values. @returns undefined when there is one whose value is not known. */
function filled(template: unknown, values: Values): unknown {
  if (typeof template === "string") {
    const expression = /^\{% (.*) %\}$/.exec(template)?.[1];
    return expression === undefined ? template : values[expression];
  }
  if (typeof template !== "object" || template === null) return template;
  const entries = Object.entries(template).map(([name, value]) => [name, filled(value, values)] as const);
  return entries.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(entries);
}

/**
 * The calls a run has made so far, put together from its state machine's definition and its history: what a message that
 * is delivered twice, or late, says again. States with arguments this does not understand are left out.
 */
import { ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { DescribeExecutionCommand, paginateGetExecutionHistory } from "@aws-sdk/client-sfn";
import type { Run } from "../../../core/catalog/index.ts";
import { catalog } from "../../stack/sources.ts";
import { type Definition, readMachines, type State, statesOf } from "../../statemachines/machines.ts";
import { clients } from "../../support/stack.ts";
import type { Random } from "../random.ts";

export interface Call {
  readonly state: string;
  readonly functionName: string;
  readonly payload: object;
}

type Values = Readonly<Record<string, unknown>>;

/** @returns one of the run's calls, made anew; undefined when it has made none that could be. */
export async function anyCallOf(source: string, executionArn: string, random: Random): Promise<Call | undefined> {
  const run = (await catalog().runs.list(source, 20)).find((found) => found.executionArn === executionArn);
  if (run === undefined) return undefined;
  const machine = (await readMachines()).find(({ name }) => name === run.kind);
  const entered = await enteredBy(executionArn);
  const [first, ...others] = machine === undefined ? [] : callable(machine.definition, entered);
  if (first === undefined) return undefined;
  const { name, state, input } = random.pick([first, ...others]);
  const values = await valuesOf(run, executionArn, input, random);
  const call = filled(state.Arguments, values) as { FunctionName?: string; Payload?: object } | undefined;
  const functionName = await functionNamed(call?.FunctionName);
  if (functionName === undefined || call?.Payload === undefined) return undefined;
  return { state: name, functionName, payload: call.Payload };
}

interface Entered {
  readonly name: string;
  readonly input: Values;
}

async function enteredBy(executionArn: string): Promise<Entered[]> {
  const entered: Entered[] = [];
  for await (const page of paginateGetExecutionHistory({ client: clients.sfn() }, { executionArn })) {
    for (const { stateEnteredEventDetails: details } of page.events ?? []) {
      if (details !== undefined) entered.push({ name: details.name ?? "", input: JSON.parse(details.input ?? "{}") });
    }
  }
  return entered;
}

/** Tasks that were entered, and those inside Maps that were: their children's histories are other executions'. */
function callable(definition: Definition, entered: readonly Entered[]) {
  return [...statesOf(definition)].flatMap(([name, state]): (Entered & { state: State })[] => {
    const met = entered.findLast((one) => one.name === name);
    if (met === undefined) return [];
    const children = state.ItemProcessor === undefined ? [] : [...statesOf(state.ItemProcessor)];
    const tasks = [[name, state] as const, ...children].filter(([, one]) => isWork(one));
    return tasks.map(([task, one]) => ({ name: task, state: one, input: met.input }));
  });
}

/** Notes and records of failures say what has not happened when nothing has failed. */
function isWork({ Type, Arguments }: State): boolean {
  return Type === "Task" && !/NoteFailure|\$states\.input\.failure/.test(JSON.stringify(Arguments));
}

async function valuesOf(run: Run, executionArn: string, input: Values, random: Random): Promise<Values> {
  const execution = await clients.sfn().send(new DescribeExecutionCommand({ executionArn }));
  const chunks = await catalog().chunks.list(run.runId);
  const n = chunks.length === 0 ? 1 : chunks[random.whole(0, chunks.length)]?.n;
  // A beginning of the run that is over now and then: a zombie's call.
  const epoch = random.happens(0.2) ? 1 : run.epoch;
  return {
    $runId: run.runId,
    $epoch: epoch,
    "$states.input.runId": run.runId,
    "$states.input.epoch": epoch,
    "$states.input.n": input.n ?? n,
    "$states.context.Execution.Id": executionArn,
    "$states.context.Execution.Name": execution.name,
    "$states.context.Execution.StartTime": execution.startDate?.toISOString(),
    "$states.context.Execution.Input": JSON.parse(execution.input ?? "{}"),
  };
}

/** Expressions replaced by their values. @returns undefined when there is one whose value is not known. */
function filled(template: unknown, values: Values): unknown {
  if (typeof template === "string") {
    const expression = /^\{% (.*) %\}$/.exec(template)?.[1];
    if (expression === undefined || /workers\./.test(expression)) return template;
    return values[expression];
  }
  if (typeof template !== "object" || template === null) return template;
  const entries = Object.entries(template).map(([name, value]) => [name, filled(value, values)] as const);
  return entries.some(([, value]) => value === undefined) ? undefined : Object.fromEntries(entries);
}

/** `${Judge}` or `{% $workers.hold %}` as it is called in the stack. */
async function functionNamed(reference = ""): Promise<string | undefined> {
  const [, outside, worker] = /\$\{(\w+)\}|workers\.(\w+)/.exec(reference) ?? [];
  const name = outside ?? `Public${worker?.charAt(0).toUpperCase()}${worker?.slice(1)}`;
  const { Functions = [] } = await clients.lambda().send(new ListFunctionsCommand({}));
  return Functions.find(({ FunctionName = "" }) => new RegExp(`Functions${name}[0-9A-F]{8}`).test(FunctionName))
    ?.FunctionName;
}

/**
 * One of the calls a run has made so far: what a message that is delivered twice, or late, says again. States with arguments
 * whose values are not known are left out.
 */

import { contextOf, type Delivery, deliveryOf, enteredBy, ofInput, type Values } from "../../stack/deliveries.ts";
import { catalog } from "../../stack/sources.ts";
import { type Definition, readMachines, type State, statesOf } from "../../statemachines/machines.ts";
import type { Random } from "../random.ts";

/** @returns undefined when it has made none that could be made anew */
export async function anyCallOf(source: string, executionArn: string, random: Random): Promise<Delivery | undefined> {
  const run = (await catalog().runs.list(source, 20)).find((found) => found.executionArn === executionArn);
  const machine = (await readMachines()).find(({ name }) => name === run?.kind);
  if (run === undefined || machine === undefined) return undefined;
  const [first, ...others] = callable(machine.definition, new Map(await enteredBy(executionArn)));
  if (first === undefined) return undefined;
  const { name, state, input } = random.pick([first, ...others]);
  const chunks = await catalog().chunks.list(run.runId);
  const n = chunks.length === 0 ? 1 : chunks[random.whole(0, chunks.length)]?.n;
  // A beginning of the run that is over now and then: a zombie's call.
  const epoch = random.happens(0.2) ? 1 : run.epoch;
  const context = await contextOf(executionArn, { ...run, epoch });
  return deliveryOf(name, state, { ...ofInput({ n, ...input }), ...context });
}

interface Callable {
  readonly name: string;
  readonly state: State;
  readonly input: Values;
}

/** Tasks that were entered, and those inside Maps that were: their children's histories are other executions'. */
function callable(definition: Definition, entered: ReadonlyMap<string, Values>): Callable[] {
  return [...statesOf(definition)].flatMap(([name, state]) => {
    const input = entered.get(name);
    if (input === undefined) return [];
    const children = state.ItemProcessor === undefined ? [] : [...statesOf(state.ItemProcessor)];
    const tasks = [[name, state] as const, ...children].filter(([, one]) => isWork(one));
    return tasks.map(([task, one]) => ({ name: task, state: one, input }));
  });
}

/** Notes and records of failures say what has not happened when nothing has failed. */
function isWork({ Type, Arguments }: State): boolean {
  return Type === "Task" && !/NoteFailure|\$states\.input\.failure/.test(JSON.stringify(Arguments));
}

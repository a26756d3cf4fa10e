/** A run under faults, from its start until everything that was begun by it has ended. */
import type { PgProxy } from "../support/pg-faults.ts";
import { type Ended, startExecution, waitFor } from "../support/stack.ts";
import type { Fault } from "./faults/fault.ts";
import type { Struck } from "./faults/index.ts";
import type { Random } from "./random.ts";

/** Two are usual: one may come too late. */
const MOST_FAULTS = 5;

export interface UnderFaults {
  readonly ended: Ended;
  /** What the faults that came to strike did. */
  readonly struck: readonly string[];
  readonly run: Struck;
}

export interface Aim {
  readonly machine: "backup" | "restore" | "verify";
  readonly input: { readonly source: string } & object;
  readonly database: Struck["database"];
  readonly faults: readonly [Fault, ...Fault[]];
  readonly proxy?: PgProxy;
  readonly random: Random;
}

export async function runUnderFaults({ machine, input, database, faults, proxy, random }: Aim): Promise<UnderFaults> {
  const chosen = choose(faults, random);
  const ending = new AbortController();
  const executionArn = await startExecution(machine, input);
  const way = proxy === undefined ? {} : { proxy };
  const run: Struck = { source: input.source, executionArn, database, ...way, random, over: ending.signal };
  const strikes = chosen.map((fault, place) => fault.strike({ ...run, random: random.fork(`fault ${place}`) }));
  const ended = await waitFor(executionArn);
  ending.abort();
  const struck = (await Promise.all(strikes)).filter((what) => what !== undefined);
  return { ended, struck, run };
}

function choose(faults: Aim["faults"], random: Random): Fault[] {
  const chosen = [random.pick(faults)];
  while (chosen.length < MOST_FAULTS && random.happens(0.6)) {
    const fault = random.pick(faults);
    if (fault.isSingle === undefined || !chosen.includes(fault)) chosen.push(fault);
  }
  return chosen;
}

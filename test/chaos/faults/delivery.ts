/** Faults of delivery: a function called again with what it was called with before, runs started twice or stopped. */

import { deliver } from "../../stack/deliveries.ts";
import { startExecution, stopExecution, waitFor } from "../../support/stack.ts";
import { anyCallOf } from "./calls.ts";
import { type Fault, moment, type Struck, whileRunning } from "./fault.ts";

const LATEST_MILLIS = 5_000;

/** Waits for the answer: what a second call does shall be done before the run is judged. */
async function deliverAgain({ source, executionArn, random }: Struck): Promise<string | undefined> {
  const call = await anyCallOf(source, executionArn, random);
  if (call === undefined) return undefined;
  const { error } = await deliver(call);
  return `called ${call.state} again: ${error === undefined ? "answered" : `${error.name} (${error.code})`}`;
}

export const deliveryFaults: readonly Fault[] = [
  {
    name: "delivered twice",
    strike: async (run) =>
      (await moment(run, LATEST_MILLIS)) ? whileRunning(run, () => deliverAgain(run)) : undefined,
  },
  {
    name: "stopped",
    strike: async (run) => {
      if (!(await moment(run, LATEST_MILLIS))) return undefined;
      await stopExecution(run.executionArn);
      return "stopped the execution";
    },
  },
];

/** Only for backups. */
export const secondRun: Fault = {
  name: "started twice",
  strike: async (run) => {
    if (!(await moment(run, LATEST_MILLIS))) return undefined;
    const executionArn = await startExecution("backup", { source: run.source });
    const { status, result, error } = await waitFor(executionArn);
    const outcome = (result as { status?: string } | undefined)?.status ?? `${status} ${error}`;
    return `started it a second time: ${outcome}`;
  },
};

/** After its end, as a message that was on its way for long: some call of the run is delivered once more. */
export const deliverLate = deliverAgain;

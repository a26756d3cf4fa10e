/** Faults of delivery: a function called again with what it was called with before, runs started twice or stopped. */
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { clients, startExecution, stopExecution, waitFor } from "../../support/stack.ts";
import { anyCallOf } from "./calls.ts";
import { type Fault, moment, type Struck, whileRunning } from "./fault.ts";

const LATEST_MILLIS = 5_000;

/** Waits for the answer: what a second call does shall be done before the run is judged. */
async function deliver({ source, executionArn, random }: Struck): Promise<string | undefined> {
  const call = await anyCallOf(source, executionArn, random);
  if (call === undefined) return undefined;
  const { functionName, payload, state } = call;
  const answer = await clients
    .lambda()
    .send(new InvokeCommand({ FunctionName: functionName, Payload: JSON.stringify(payload) }));
  const error = Buffer.from(answer.Payload ?? []).toString();
  return `called ${state} again: ${answer.FunctionError === undefined ? "answered" : error.slice(0, 160)}`;
}

export const deliveryFaults: readonly Fault[] = [
  {
    name: "delivered twice",
    strike: async (run) => ((await moment(run, LATEST_MILLIS)) ? whileRunning(run, () => deliver(run)) : undefined),
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
export const deliverLate = deliver;

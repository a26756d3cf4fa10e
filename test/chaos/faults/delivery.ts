/** Faults of delivery: a function called again with what it was called with before, runs started twice or stopped. */
import { InvokeCommand } from "@aws-sdk/client-lambda";
import { paginateGetExecutionHistory } from "@aws-sdk/client-sfn";
import { clients, startExecution, stopExecution } from "../../support/stack.ts";
import { type Fault, moment, type Struck, whileRunning } from "./fault.ts";

const LATEST_MILLIS = 5_000;

interface Call {
  readonly FunctionName: string;
  readonly Payload: unknown;
}

/** What the execution itself has called so far; children of Maps are other executions. */
async function callsOf(executionArn: string): Promise<Call[]> {
  const calls: Call[] = [];
  for await (const page of paginateGetExecutionHistory({ client: clients.sfn() }, { executionArn })) {
    for (const { taskScheduledEventDetails } of page.events ?? []) {
      const call = JSON.parse(taskScheduledEventDetails?.parameters ?? "{}") as Partial<Call>;
      if (call.FunctionName !== undefined) calls.push({ FunctionName: call.FunctionName, Payload: call.Payload });
    }
  }
  return calls;
}

async function deliverAgain(run: Struck): Promise<string | undefined> {
  const call = await whileRunning(run, async () => {
    const [first, ...others] = await callsOf(run.executionArn);
    return first === undefined ? undefined : run.random.pick([first, ...others]);
  });
  return call === undefined ? undefined : invoke(call);
}

/** Waits for the answer: what a second call does shall be done before the run is judged. */
async function invoke({ FunctionName, Payload }: Call): Promise<string> {
  const answer = await clients.lambda().send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(Payload) }));
  const name = FunctionName.replace(/^.*?holdfast-/, "").replace(/:.*$/, "");
  const payload = Buffer.from(answer.Payload ?? []).toString();
  return `called ${name} again: ${answer.FunctionError === undefined ? "answered" : payload.slice(0, 120)}`;
}

export const deliveryFaults: readonly Fault[] = [
  {
    name: "delivered twice",
    strike: async (run) => ((await moment(run, LATEST_MILLIS)) ? deliverAgain(run) : undefined),
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
    return `started ${executionArn.split(":").at(-1)}`;
  },
};

/** After its end, as a message that was on its way for long: some call of the run is delivered once more. */
export async function deliverLate(run: Struck): Promise<string | undefined> {
  const [first, ...others] = await callsOf(run.executionArn);
  return first === undefined ? undefined : invoke(run.random.pick([first, ...others]));
}

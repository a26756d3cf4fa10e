import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { clients, visited, waitFor } from "../support/stack.ts";
import { subscribeToAlerts } from "./alerts.ts";
import { catalog } from "./sources.ts";

/** As text, for some of it no object literal would survive. Each with the code of its refusal. */
const INPUTS: readonly (readonly [input: string, code: RegExp])[] = [
  ["[]", /invalid-event/],
  ["{}", /invalid-event/],
  ['{"source": null}', /invalid-event/],
  ['{"source": {"source": "fuzzed"}}', /invalid-event/],
  ['{"source": "../etc/passwd"}', /invalid-event/],
  ['{"source": "{% $states.context.Execution.Id %}"}', /invalid-event/],
  ['{"source": "fuzzed\\n", "options": {"target": "fuzzed"}}', /invalid-event/],
  [`{"source": "${"x".repeat(20_000)}"}`, /invalid-event/],
  ['{"source": "fuzzed", "restart": "fuzzed-20261121T021500Z-7k3f9q2mxa", "epoch": 0}', /invalid-event/],
  ['{"source": "fuzzed", "option": {"target": "fuzzed"}}', /invalid-event/],
  ['{"source": "fuzzed", "options": ["fuzzed"]}', /invalid-event/],
  ['{"source": "fuzzed", "options": {"connection": "fuzzed-write", "target": "fuzzed"}}', /invalid-options/],
  ['{"source": "fuzzed", "options": {"restorePointId": "../../x", "target": "fuzzed"}}', /invalid-options/],
  ['{"source": "fuzzed", "options": {"target": "__proto__", "database": "a\\u0000b"}}', /invalid-options/],
];

let alerts: Awaited<ReturnType<typeof subscribeToAlerts>>;
beforeAll(async () => {
  alerts = await subscribeToAlerts("inputs");
});
afterAll(() => alerts.end());

async function start(machine: string, input: string): Promise<string> {
  const stateMachineArn = inject("stack").parameter.stateMachines[machine] ?? "";
  return (await clients.sfn().send(new StartExecutionCommand({ stateMachineArn, input }))).executionArn ?? "";
}

/** The functions' own tests have the breadth; of every machine some show that its first state is that function. */
const FEW = INPUTS.filter((_, index) => index % 5 === 4);

it.each([
  ["restore", INPUTS],
  ["backup", FEW],
  ["verify", FEW],
  ["compare", FEW],
] as const)(
  "the first state of %s refuses whatever is no input by name, and nothing else happens",
  async (machine, inputs) => {
    const started = await Promise.all(
      inputs.map(async ([input, code]) => ({ input, code, executionArn: await start(machine, input) })),
    );
    for (const { input, code, executionArn } of started) {
      const { events, ...ended } = await waitFor(executionArn);
      const told = `${machine} ${input.slice(0, 80)}`;
      expect([ended.status, ended.error], told).toEqual(["FAILED", "ConfigurationError"]);
      expect(ended.cause, told).toMatch(code);
      expect(visited(events), told).toEqual(["Resolve", "RecordFailure", "Failed"]);
    }
    const runs = (await catalog().runs.list("fuzzed", 100)).filter(({ kind }) => kind === machine);
    const filed = new Set(runs.map(({ executionArn }) => executionArn));
    for (const { input, executionArn } of started) {
      if (/^\{"source": "fuzzed"/.test(input)) expect(filed, input).toContain(executionArn);
      else expect((await alerts.about(executionArn)).Subject, input).toContain("an unknown source");
    }
    for (const run of runs) expect(run).toMatchObject({ status: "failed", phase: "refused" });
  },
);

/**
 * What every state machine keeps to: names of errors, who retries what, where a last catcher stands.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { errorClasses } from "../../core/errors.ts";
import { functionSpecs } from "../../infra/functions.ts";
import { camelCase, pascalCase } from "../../infra/names.ts";
import { type Machine, readMachines, type State, statesOf } from "./machines.ts";

/** Names that Step Functions and Lambda give to errors of their own, as far as we match them. */
const AWS_NAMES =
  /^(States\.(ALL|Timeout|TaskFailed|ItemReaderFailed)|Lambda\.(ServiceException|AWSLambdaException|SdkClientException|TooManyRequestsException|ClientExecutionTimeoutException|Unknown|ResourceNotReadyException|ENINotReadyException|ENILimitReachedException|EC2ThrottledException|ResourceConflictException)|Sandbox\.Timedout|Runtime\.(ExitError|OutOfMemory))$/;
const OURS = new Set(Object.keys(errorClasses));
/** Retrying these changes nothing, or hides what people have to see. */
const NEVER_RETRIED = ["IntegrityError", "ConfigurationError", "PreconditionError", "CancelledError", "LeaseHeldError"];
const RECORDERS = /^(RecordFailure|Note|FailedUntold$)/;

let machines: readonly Machine[];
let states: readonly (readonly [string, State])[];

beforeAll(async () => {
  machines = await readMachines();
  states = machines.flatMap(({ name, definition }) =>
    [...statesOf(definition)].map(([state, body]) => [`${name}.${state}`, body] as const),
  );
});

const tasks = () => states.filter(([, { Type }]) => Type === "Task");

describe("names of errors", () => {
  it("are ours or AWS's, wherever they stand", () => {
    const names = states.flatMap(([, { Retry = [], Catch = [] }]) =>
      [...Retry, ...Catch].flatMap((rule) => rule.ErrorEquals),
    );
    const unknown = names.filter((name) => !OURS.has(name) && !AWS_NAMES.test(name));
    expect(unknown).toEqual([]);
  });

  it("of ours are all handled: by name, or by a last catcher that records them", () => {
    for (const { name, definition } of machines) {
      const all = [...statesOf(definition)].map(([, state]) => state);
      const byName = new Set(
        all.flatMap(({ Retry = [], Catch = [] }) => [...Retry, ...Catch].flatMap((r) => r.ErrorEquals)),
      );
      expect(byName, name).toContain("StoreThrottledError");
      expect(byName, name).toContain("States.ALL");
    }
    const backup = machines.find(({ name }) => name === "backup");
    const named = [...statesOf(backup?.definition ?? { StartAt: "", States: {} })].flatMap(
      ([, { Retry = [], Catch = [] }]) => [...Retry, ...Catch].flatMap(({ ErrorEquals }) => ErrorEquals),
    );
    const mustBeNamed = [
      "SourceUnavailableError",
      "StoreThrottledError",
      "SourceBusyError",
      "SnapshotLostError",
      "TimeBudgetError",
      "LeaseHeldError",
    ];
    expect(mustBeNamed.filter((name) => !named.includes(name))).toEqual([]);
  });

  it("that nothing can cure are never retried", () => {
    for (const [name, { Retry = [] }] of states) {
      const retried = Retry.flatMap(({ ErrorEquals }) => ErrorEquals);
      expect(
        retried.filter((error) => NEVER_RETRIED.includes(error) || error === "States.ALL"),
        name,
      ).toEqual([]);
    }
  });
});

describe("States.ALL", () => {
  it("keeps a backup going whatever becomes of leftovers", () => {
    const nexts = ["FindLeftovers", "ClearLeftovers", "NoteLeftovers"].map((state) =>
      states.find(([name]) => name === `backup.${state}`)?.[1].Catch?.map(({ Next }) => Next),
    );
    expect(nexts).toEqual([["NoteLeftovers"], ["NoteLeftovers"], ["Preflight"]]);
  });

  it("stands alone, last, and leads to a state that records the failure", () => {
    for (const [name, { Catch = [] }] of states) {
      for (const [index, { ErrorEquals, Next }] of Catch.entries()) {
        if (!ErrorEquals.includes("States.ALL")) continue;
        expect(ErrorEquals, name).toEqual(["States.ALL"]);
        expect(index, name).toBe(Catch.length - 1);
        if (name !== "backup.NoteLeftovers") expect(Next, name).toMatch(RECORDERS);
      }
    }
  });
});

describe("every task", () => {
  it("has a time limit that is longer than its function's", () => {
    for (const [name, state] of tasks()) {
      const limit = functionSpecs[folderOf(state)].timeoutSeconds;
      expect(state.TimeoutSeconds, name).toBeGreaterThan(limit);
      expect(state.TimeoutSeconds, name).toBeLessThanOrEqual(limit + 60);
    }
  });

  it("is tried again for a store as often, and after the same pauses, as every other: docs/adr/0070 has the sums", () => {
    for (const [name, { Retry = [] }] of tasks()) {
      const stores = Retry.find(({ ErrorEquals }) => ErrorEquals.includes("StoreThrottledError"));
      expect(stores, name).toMatchObject({ IntervalSeconds: 2, MaxAttempts: 4, BackoffRate: 2, MaxDelaySeconds: 60 });
    }
  });

  it("is tried again with backoff and jitter when a store asks for it", () => {
    for (const [name, { Retry = [] }] of tasks()) {
      const stores = Retry.find(({ ErrorEquals }) => ErrorEquals.includes("StoreThrottledError"));
      expect(stores, name).toMatchObject({ JitterStrategy: "FULL", BackoffRate: 2 });
    }
  });

  it("waits some minutes for an account whose concurrency is used up, ten in a new one: also those that tell how a run ended", () => {
    for (const [name, { Retry = [] }] of tasks()) {
      const lambda = Retry.find(({ ErrorEquals }) => ErrorEquals.includes("Lambda.TooManyRequestsException"));
      const pauses = { IntervalSeconds: 15, MaxAttempts: 12, BackoffRate: 1.2, MaxDelaySeconds: 60 };
      expect(lambda, name).toMatchObject({ ...pauses, JitterStrategy: "FULL" });
    }
  });

  it("is tried again when its function was killed: by whom or for what, AWS has several names", () => {
    for (const [name, { Retry = [] }] of tasks()) {
      // What is found late is found by the next run.
      if (name.endsWith("Leftovers")) continue;
      const retried = Retry.flatMap(({ ErrorEquals }) => ErrorEquals);
      const killed = [
        "Runtime.ExitError",
        "Runtime.OutOfMemory",
        "Sandbox.Timedout",
        "Lambda.Unknown",
        "States.Timeout",
      ];
      expect(retried, name).toEqual(expect.arrayContaining(killed));
    }
  });

  it("that reaches a database is tried again for longer than a failover takes: docs/adr/0070 has the sums", () => {
    for (const [name, state] of tasks()) {
      if (functionSpecs[folderOf(state)].role === "none") continue;
      const database = (state.Retry ?? []).find(({ ErrorEquals }) => ErrorEquals.includes("SourceUnavailableError"));
      const pauses = { IntervalSeconds: 2, MaxAttempts: 10, BackoffRate: 2, MaxDelaySeconds: 60 };
      expect(database, name).toEqual({ ErrorEquals: ["SourceUnavailableError"], ...pauses, JitterStrategy: "FULL" });
    }
  });

  it("that has idled until Lambda took its network away is tried again until it has one", () => {
    for (const [name, state] of tasks()) {
      if (!functionName(state).includes("workers.")) continue;
      const idle = (state.Retry ?? []).find(({ ErrorEquals }) => ErrorEquals.includes("Lambda.ENINotReadyException"));
      expect(idle, name).toMatchObject({ IntervalSeconds: 15, MaxAttempts: 12 });
      expect(idle?.ErrorEquals, name).toContain("Lambda.ResourceNotReadyException");
    }
  });

  it("calls a function that exists, in the place its row says", () => {
    for (const [name, state] of tasks()) {
      const folder = folderOf(state);
      const isWorker = functionName(state).includes("workers.");
      expect(functionSpecs[folder].network, name).toBe(isWorker ? "worker" : "none");
    }
  });
});

describe("a distributed Map", () => {
  it("says how many children run at once, and tolerates all failures: its judge reads the catalog", () => {
    for (const [name, state] of states) {
      if (state.ItemProcessor?.ProcessorConfig?.Mode !== "DISTRIBUTED") continue;
      expect(state.MaxConcurrency, name).toMatch(/^\$\{Concurrency\}$/);
      expect(state, name).toMatchObject({ ToleratedFailurePercentage: 100, ResultPath: null });
    }
  });

  it("has no time limit of its own: the field is none of a Map's", () => {
    for (const [name, state] of states) {
      if (state.Type === "Map") expect(state, name).not.toHaveProperty("TimeoutSeconds");
    }
  });

  it("is reached only by a choice that has seen something to do: a Map may refuse an empty list", () => {
    for (const { name, definition } of machines.filter((machine) =>
      ["restore", "compare", "rebuild"].includes(machine.name),
    )) {
      const all = Object.entries(definition.States);
      const maps = all.filter(([, { ItemReader }]) => ItemReader !== undefined).map(([state]) => state);
      expect(maps.length, name).toBeGreaterThan(0);
      for (const map of maps) {
        const [, before] = all.find(([, { Choices = [] }]) => Choices.some(({ Next }) => Next === map)) ?? [];
        expect(before?.Choices, map).toMatchObject([{ Condition: "{% $states.input.items > 0 %}" }]);
        const others = all.filter(([, { Next, Default }]) => Next === map || Default === map);
        expect(others, map).toEqual([]);
      }
    }
  });

  it("gives its children what they need, for they see no variables from outside", () => {
    for (const [name, { ItemProcessor }] of states) {
      if (ItemProcessor?.ProcessorConfig?.Mode !== "DISTRIBUTED") continue;
      const variables = JSON.stringify(ItemProcessor).match(/\$[a-zA-Z]+/g) ?? [];
      const known = ["$states", "$merge", "$string", "$substring"];
      expect(
        variables.filter((variable) => !known.includes(variable)),
        name,
      ).toEqual([]);
    }
  });
});

describe("an error without a cause, for which AWS promises none", () => {
  it("is handed on and shown under its own name all the same: an expression that fails or gives nothing would be another", () => {
    for (const [name, state] of states) {
      const text = JSON.stringify(state.Catch ?? []);
      const handedOn = text.match(/[^ ]+\$states\.errorOutput\.Cause/g) ?? [];
      expect(new Set(handedOn), name).toEqual(
        new Set(handedOn.length > 0 ? ["$substring($string($states.errorOutput.Cause"] : []),
      );
      const shown = state.Type === "Fail" && state.Cause?.includes("failure.Cause") ? state.Cause : undefined;
      const orElse = "{% $states.input.failure.Cause ? $states.input.failure.Cause : 'unknown' %}";
      if (shown !== undefined) expect(shown, name).toBe(orElse);
    }
  });
});

describe("every machine", () => {
  it("has a time limit, names its protocol and ends a failure under its own name", async () => {
    for (const { name, definition } of machines) {
      expect(definition.TimeoutSeconds, name).toBeGreaterThan(0);
      expect(definition.Comment, name).toContain("Protocol 1");
      const failed = [...statesOf(definition)].filter(([, { Type }]) => Type === "Fail").map(([, state]) => state);
      expect(failed.length, name).toBeGreaterThan(0);
      for (const { Error: error, Cause } of failed)
        expect([error, Cause], name).toEqual([expect.stringMatching(/^\{%/), expect.stringMatching(/^\{%/)]);
    }
  });
});

function functionName(state: State): string {
  const name = (state.Arguments as { FunctionName?: unknown } | undefined)?.FunctionName;
  return typeof name === "string" ? name : "";
}

/** @throws Error for a function that has no row. */
function folderOf(state: State): keyof typeof functionSpecs {
  const name = functionName(state);
  const token = /^\$\{([A-Za-z]+)\}$/.exec(name)?.[1];
  const verb = /workers\.([a-zA-Z]+)/.exec(name)?.[1];
  const folders = Object.keys(functionSpecs) as (keyof typeof functionSpecs)[];
  const folder = folders.find((found) => pascalCase(found) === token || camelCase(found) === verb);
  if (folder === undefined) throw new Error(`no function is called ${name}`);
  return folder;
}

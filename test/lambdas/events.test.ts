import { readdir } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { HOSTILE_NAMES } from "../support/hostile-names.ts";

const LAMBDAS = path.resolve(import.meta.dirname, "../../lambdas");
const RUN_ID = "shop-20261121T021500Z-7k3f9q2mxa";
type Handler = (event: unknown, context: unknown) => Promise<unknown>;

async function handlers(): Promise<Map<string, Handler>> {
  const folders = (await readdir(LAMBDAS, { withFileTypes: true })).filter((entry) => entry.isDirectory());
  const found = new Map<string, Handler>();
  for (const { name } of folders) {
    if (name === "shared") continue;
    const { handler } = (await import(path.join(LAMBDAS, name, "handler.ts"))) as { handler: Handler };
    found.set(name, handler);
  }
  return found;
}

const context = { awsRequestId: "test", getRemainingTimeInMillis: () => 60_000 };

let all: ReadonlyMap<string, Handler>;
beforeAll(async () => {
  vi.stubEnv("POWERTOOLS_LOG_LEVEL", "SILENT");
  vi.stubEnv("POWERTOOLS_METRICS_DISABLED", "true");
  all = await handlers();
});
afterAll(() => void vi.unstubAllEnvs());

async function refusalOf(handler: Handler, event: unknown): Promise<Error> {
  const reason = await handler(event, context).then(
    (result) => new Error(`was taken: ${JSON.stringify(result)}`),
    (error: unknown) => error,
  );
  return reason instanceof Error ? reason : new Error(String(reason));
}

const deep = (levels: number): unknown => (levels === 0 ? "x" : { deeper: deep(levels - 1) });

/** None of these is an event of any function. */
const NO_EVENTS: readonly unknown[] = [
  null,
  undefined,
  "text",
  7,
  Number.NaN,
  true,
  [],
  [[]],
  {},
  { runId: null },
  { runId: 7, epoch: 0, n: 0 },
  { runId: {}, epoch: 0, n: 0 },
  { runId: [RUN_ID], epoch: 0, n: 0 },
  { runId: `${RUN_ID}\n`, epoch: 0, n: 0 },
  { runId: `../${RUN_ID}`, epoch: 0, n: 0 },
  { runId: "x".repeat(1_000_000), epoch: 0, n: 0 },
  deep(1_000),
  JSON.parse(`{"__proto__": {"runId": "${RUN_ID}", "epoch": 0, "n": 0}}`),
  JSON.parse(`{"constructor": {"prototype": {"runId": "${RUN_ID}"}}}`),
  ...HOSTILE_NAMES.flatMap((name) => [{ runId: name, epoch: 0, n: 0 }, { [name]: name }]),
];

async function expectRefused(name: string, handler: Handler, event: unknown): Promise<void> {
  const error = await refusalOf(handler, event);
  const told = `${name} ${JSON.stringify(event)?.slice(0, 300)}: ${error.name} ${error.message}`;
  expect(error.name, told).toBe("ConfigurationError");
  expect(JSON.parse(error.message), told).toMatchObject({ code: "invalid-event" });
  expect(error.message.length, told).toBeLessThan(3_500);
}

test("every function refuses what is no event of its own, by name and in few words", async () => {
  for (const [name, handler] of all) for (const event of NO_EVENTS) await expectRefused(name, handler, event);
  expect(({} as { runId?: unknown }).runId).toBeUndefined();
});

const EXECUTION = { arn: "arn:aws:states:eu-central-1:000000000000:execution:x:y", name: "y", startedAt: "2026-11-21" };
/** What some function takes; each takes some of the fields. */
const EVENT: Readonly<Record<string, unknown>> = {
  runId: RUN_ID,
  epoch: 0,
  n: 0,
  groups: 1,
  next: "loading",
  isCompared: true,
  where: "chunk 1",
  failure: { Error: "IntegrityError", Cause: "{}" },
  kind: "restore",
  execution: EXECUTION,
  input: { source: "shop" },
  status: "failed",
};
const PHASES = ["preData", "indexes"];
/** What others take, who take nothing else. */
const OWN: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  // The detail of EventBridge's event.
  cleanup: {
    executionArn: EXECUTION.arn,
    stateMachineArn: "arn:aws:states:eu-central-1:000000000000:stateMachine:holdfast-test-restore",
    name: "y",
    status: "FAILED",
    startDate: 0,
  },
  "find-leftovers": { runId: RUN_ID, failure: { Error: "IntegrityError", Cause: "{}" } },
  "clear-leftovers": { runId: RUN_ID, leftoversKey: `runs/${RUN_ID}/leftovers.${"0".repeat(64)}.json` },
};

/** Whether the event passes the edge: what comes after it has no environment here, and fails of that. */
async function isTaken(handler: Handler, event: unknown): Promise<boolean> {
  return !(await refusalOf(handler, event)).message.includes('"invalid-event"');
}

/** Of no field the right kind: neither a text nor a whole number nor an object with fields of ours. */
const wrong = fc.oneof(
  fc.constantFrom<unknown>(null, Number.NaN, -1, 0.5, 1e300, true, [], {}, [RUN_ID], { length: 1 }),
  fc.constantFrom(...HOSTILE_NAMES),
  fc.object({ withNullPrototype: false }),
  fc.string({ minLength: 101, maxLength: 5_000, unit: "binary" }),
);

test("every field a function takes is held to its form", { timeout: 60_000 }, async () => {
  for (const [name, handler] of all) {
    const own = OWN[name];
    const eventOf = (fields: object): unknown => (name === "cleanup" ? { detail: fields } : fields);
    const candidates = own === undefined ? PHASES.map((phase) => ({ ...EVENT, phase })) : [own];
    const taken = await Promise.all(candidates.map((fields) => isTaken(handler, eventOf(fields))));
    const fields: Readonly<Record<string, unknown>> = candidates[taken.indexOf(true)] ?? {};
    expect(fields, `${name} takes its own event, all fields of which are in EVENT or OWN`).not.toEqual({});
    for (const field of Object.keys(fields)) {
      const { [field]: _, ...without } = fields;
      if (await isTaken(handler, eventOf(without))) continue;
      await fc.assert(
        fc.asyncProperty(wrong, async (value) => {
          if (isFree(name, field, value)) return;
          await expectRefused(`${name}.${field}`, handler, eventOf({ ...fields, [field]: value }));
        }),
        { numRuns: 25 },
      );
    }
  }
});

/** Texts that are only told, and moments, may be anything of their kind. */
function isFree(name: string, field: string, value: unknown): boolean {
  if (name === "note-failure" && field === "where") return typeof value === "string" && value.length <= 100;
  if (field === "next") return typeof value === "string" && value.length <= 40;
  if (name === "cleanup" && field === "startDate") return typeof value === "number" && Number.isFinite(value);
  if (name === "record" && field === "input") return true;
  if (field === "isCompared") return typeof value === "boolean";
  return name === "cleanup" && (field === "executionArn" || field === "name") && typeof value === "string";
}

test("the first state refuses every input that is not one, and says which field", { timeout: 60_000 }, async () => {
  const handler = all.get("resolve");
  if (handler === undefined) throw new Error("there is no resolve");
  const refused = async (input: unknown): Promise<string> => {
    const event = { kind: "restore", execution: EXECUTION, input };
    await expectRefused("resolve", handler, event);
    return (await refusalOf(handler, event)).message;
  };
  const source = "shop";
  expect(await isTaken(handler, { kind: "restore", execution: EXECUTION, input: { source, options: {} } })).toBe(true);
  expect(await refused({ source, option: { target: "x" } })).toContain("unrecognized key");
  expect(await refused({ source: "Not An Id" })).toContain("input.source");
  expect(await refused({ source, options: [] })).toContain("input.options");
  expect(await refused({ source, reason: "x".repeat(501) })).toContain("input.reason");
  expect(await refused({ source, scheduledAt: "{% $now() %}" })).toContain("input.scheduledAt");
  expect(await refused({ source, restart: RUN_ID, epoch: 0 })).toContain("restart");
  expect(await refused(JSON.parse('{"source": "shop", "__proto__": {"x": 1}}'))).toContain("__proto__");
  for (const name of HOSTILE_NAMES) {
    await refused({ source: name === "null" || name === "holdfast" || name === "constructor" ? `${name}!` : name });
    await refused({ source, [name]: 1 });
  }
  await fc.assert(
    fc.asyncProperty(fc.oneof(fc.anything({ withNullPrototype: false }), wrong), async (input) => {
      await refused(input);
      await refused({ source: typeof input === "string" ? `${input}!` : (input ?? null) });
      await refused({ source, options: Array.isArray(input) || Object(input) !== input ? (input ?? null) : [input] });
    }),
    { numRuns: 200 },
  );
});

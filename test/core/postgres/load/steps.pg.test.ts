import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parseConnection } from "../../../../core/postgres/connection.ts";
import { markReady, writeMarker } from "../../../../core/postgres/load/marker.ts";
import { analyzeSteps } from "../../../../core/postgres/load/materialized-views.ts";
import { openLoadSession } from "../../../../core/postgres/load/session.ts";
import { runSteps, type Step } from "../../../../core/postgres/load/steps.ts";
import type { Session } from "../../../../core/postgres/session.ts";
import { createDatabase, type TestDatabase } from "../../../support/postgres.ts";

let database: TestDatabase;
let sessions: Session[];
const open = async (): Promise<Session> => {
  const session = await openLoadSession(parseConnection(database.url), { applicationName: "test steps" });
  sessions.push(session);
  return session;
};
const count = "INSERT INTO public.made VALUES (1);";

const marker = { source: "shop", restorePointId: "20261121T021500Z-7k3f9q2mxa", options: "no options" };
const begin = async (wanted: typeof marker): Promise<void> => {
  const session = await open();
  await writeMarker(session, wanted);
  await markReady(session);
};

beforeEach(async () => {
  database = await createDatabase("steps");
  sessions = [];
  await database.query("CREATE TABLE made (n int)");
  await begin(marker);
});
afterEach(async () => {
  await Promise.all(sessions.map((session) => session.end()));
  await database.drop();
});

const made = async (): Promise<number | undefined> => {
  const [row] = await database.query<{ n: number }>("SELECT count(*)::int AS n FROM made");
  return row?.n;
};

describe("a step", () => {
  test("is done once, however often it is asked for", async () => {
    const steps = [{ name: "one", what: "table made", statements: [count] }];
    await runSteps(await open(), "lock", steps);
    await runSteps(await open(), "lock", steps);
    expect(await made()).toBe(1);
  });

  test("is done once when two sessions ask at the same moment", async () => {
    const steps = [{ name: "one", what: "table made", statements: [count, "SELECT pg_sleep(0.2)"] }];
    await Promise.all([runSteps(await open(), "lock", steps), runSteps(await open(), "lock", steps)]);
    expect(await made()).toBe(1);
  });

  test("is finished by the server when its client had to leave, and found done by the next", async () => {
    const steps = [
      { name: "slow", what: "index slow", statements: ["SELECT pg_sleep(1)", count, "CREATE TABLE public.late ()"] },
    ];
    const session = await open();
    const leaving = runSteps(session, "lock", steps, { deadline: AbortSignal.timeout(200) });
    await expect(leaving).rejects.toMatchObject({ name: "TimeBudgetError", code: "steps-unfinished" });
    await session.end();
    expect(await made()).toBe(0);
    await runSteps(await open(), "lock", steps);
    expect(await made()).toBe(1);
  });

  test.each([
    ["another restore point's", { ...marker, restorePointId: "20261122T021500Z-7k3f9q2mxa" }],
    ["the same one's", marker],
  ])("that its server finishes after %s restore has begun is not done, and not noted as done", async (_, next) => {
    const steps = [{ name: "entry/7", what: "index public.late", statements: ["SELECT pg_sleep(1)", count] }];
    const late = runSteps(await open(), "lock", steps);
    const refused = expect(late).rejects.toMatchObject({ name: "PreconditionError", code: "target-incomplete" });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await begin(next);
    await refused;
    expect(await made()).toBe(0);
    await runSteps(await open(), "other lock", steps);
    expect(await made()).toBe(1);
  });

  test("that fails names its object with the server's message and leaves nothing behind", async () => {
    const steps = [
      { name: "bad", what: "index public.bad", statements: [count, "CREATE INDEX bad ON public.nowhere (x)"] },
    ];
    await expect(runSteps(await open(), "lock", steps)).rejects.toMatchObject({
      name: "PreconditionError",
      message: expect.stringMatching(/^index public\.bad: relation "public.nowhere" does not exist/),
    });
    expect(await made()).toBe(0);
  });

  test("for statistics is passed by where a partitioned table needs more locks than the server has", async () => {
    const full = "DO $$BEGIN RAISE 'out of shared memory' USING ERRCODE = '53200'; END$$";
    const steps = analyzeSteps([{ schema: "public", name: "made" }], [], "public");
    const told: unknown[] = [];
    const onDenied = ({ what }: Step, _: Error, instead?: string) => told.push(what, instead);
    const filled = steps.map((step) => ({ ...step, statements: [full] }));
    await runSteps(await open(), "lock", filled, { onDenied });
    expect(told).toEqual(['statistics of "public"."made"', "the planner has none of it yet"]);
    const making = runSteps(await open(), "lock", [{ name: "one", what: "table made", statements: [full] }]);
    await expect(making).rejects.toMatchObject({ code: "lock-table-too-small" });
  });

  test("that may be denied is told and passed over", async () => {
    const denied: string[] = [];
    const statements = ["DO $$BEGIN RAISE insufficient_privilege USING MESSAGE = 'must be owner of extension'; END$$"];
    const steps = [{ name: "comment", what: "comment EXTENSION x", statements, isOptional: true }];
    await runSteps(await open(), "lock", steps, {
      onDenied: ({ what }, error) => denied.push(`${what}: ${error.message}`),
    });
    expect(denied).toEqual([expect.stringMatching(/comment EXTENSION x: .*must be owner of extension/)]);
  });
});

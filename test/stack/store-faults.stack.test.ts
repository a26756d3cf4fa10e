import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { awsFault } from "../support/aws-faults/index.ts";
import type { TestDatabase } from "../support/postgres.ts";
import { backUp, catalog, databaseBehind, manyRows, newestRun } from "./sources.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await databaseBehind("stores", ...manyRows("ledger", 12_000));
});
afterAll(() => database.drop());

describe("a fault that passes", () => {
  it("is outlasted by the run", async () => {
    await using busy = await awsFault({
      service: "s3",
      operation: "PutObject",
      containing: "/stores/",
      times: 2,
      effect: { status: 503, code: "SlowDown" },
    });
    await using killed = await awsFault({
      service: "s3",
      operation: "PutObject",
      caller: "dump-chunk",
      containing: "/stores/",
      skip: 1,
      times: 1,
      effect: "kill-after",
    });
    const { status, error, cause } = await backUp("stores");
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    expect([await busy.hits(), await killed.hits()]).toEqual([2, 1]);
    const chunks = await catalog().chunks.list((await newestRun("stores")).runId);
    expect(chunks.some(({ attempts }) => attempts > 1)).toBe(true);
  });
});

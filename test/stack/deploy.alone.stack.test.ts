import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { deploy, synthesize } from "../../infra/local/deploy.ts";
import type { TestDatabase } from "../support/postgres.ts";
import { startExecution } from "../support/stack.ts";
import { stallChunk } from "./faults.ts";
import { backUp, databaseBehind, newestRun, outcomeOf, wideRows } from "./sources.ts";

/** Only the deployment: connections stay as tests have stored them. */
async function deployConfig(file: string): Promise<void> {
  const { dir, env } = inject("stack");
  await synthesize({ dir, config: fileURLToPath(file) });
  await deploy(dir, env);
}

let database: TestDatabase;

beforeAll(async () => {
  database = await databaseBehind("bank", ...wideRows("document"));
});
afterAll(async () => {
  await deployConfig(import.meta.resolve("../support/stack-config.ts"));
  await database.drop();
});

describe("a deploy while a run is under way", () => {
  it("changes nothing for that run, and everything for the next", async () => {
    const executionArn = await startExecution("backup", { source: "bank" });
    const { resume } = await stallChunk(database, executionArn);
    onTestFinished(resume);
    await deployConfig(import.meta.resolve("./changed-config.ts"));
    resume();
    const { status, error, cause } = await outcomeOf(executionArn);
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    expect((await newestRun("bank")).settings).toMatchObject({ rowHash: "always" });
    expect((await backUp("bank")).outcome).toMatchObject({ status: "succeeded" });
    expect((await newestRun("bank")).settings).toMatchObject({ rowHash: "off" });
  });
});

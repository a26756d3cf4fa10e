import { PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import type { TestDatabase } from "../support/postgres.ts";
import { clients, runMachine } from "../support/stack.ts";
import { subscribeToAlerts } from "./alerts.ts";
import { backUp, catalog, databaseBehind, manyRows } from "./sources.ts";
import { manifestOf, vaultOf } from "./vault.ts";

let database: TestDatabase;
let restorePointId: string;
let alerts: Awaited<ReturnType<typeof subscribeToAlerts>>;

beforeAll(async () => {
  database = await databaseBehind("verified", ...manyRows("ledger", 6_000));
  restorePointId = (await backUp("verified")).outcome?.restorePointId ?? "";
  alerts = await subscribeToAlerts("verify");
});
afterAll(async () => {
  await alerts.end();
  await database.drop();
});

const verify = (options: object) => runMachine("verify", { source: "verified", options });

describe("a verification", () => {
  it.each(["presence", "quick", "full"])("of a whole restore point succeeds at the level %s", async (level) => {
    const { status, error, cause, result } = await verify({ restorePointId, level });
    expect({ status, error, cause }).toEqual({ status: "SUCCEEDED", error: undefined, cause: undefined });
    expect(result).toMatchObject({ status: "succeeded", restorePointId });
    expect((await catalog().restorePoints.get(restorePointId))?.verified).toMatchObject({ level, isValid: true });
  });

  it("takes the newest restore point when asked for the latest", async () => {
    expect((await verify({})).result).toMatchObject({ restorePointId });
  });

  it("refuses a level there is not, and a restore point there is not", async () => {
    const level = await verify({ restorePointId, level: "deep" });
    expect(level).toMatchObject({ status: "FAILED", error: "ConfigurationError" });
    const unknown = await verify({ restorePointId: "20200101T000000Z-0000000000" });
    expect(unknown).toMatchObject({ status: "FAILED", error: "PreconditionError" });
  });

  it("of an object with one flipped byte fails, names it, quarantines the restore point and alerts", async () => {
    const chunk = (await manifestOf("verified", restorePointId)).tables[0]?.chunks[0];
    const object = chunk?.object ?? "";
    await flipByte(object);
    const { status, error, cause, executionArn } = await verify({ restorePointId, level: "full" });
    expect({ status, error }).toEqual({ status: "FAILED", error: "IntegrityError" });
    expect(cause).toContain(object);
    expect(await catalog().restorePoints.get(restorePointId)).toMatchObject({
      status: "quarantined",
      verified: { isValid: false },
    });
    const run = (await catalog().runs.list("verified", 10)).find((found) => found.executionArn === executionArn);
    expect(run?.findings).toMatchObject([{ where: object }]);
    expect((await alerts.about(run?.runId ?? "")).Subject).toContain("verify of verified failed");
  });
});

async function flipByte(key: string): Promise<void> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await vaultOf().read(key)) pieces.push(piece);
  const body = Buffer.concat(pieces);
  const middle = Math.floor(body.length / 2);
  body.writeUInt8(body.readUInt8(middle) ^ 1, middle);
  await clients
    .s3()
    .send(new PutObjectCommand({ Bucket: inject("stack").parameter.vaultBucket, Key: key, Body: body }));
}

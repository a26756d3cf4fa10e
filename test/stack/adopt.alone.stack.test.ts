/**
 * A second installation beside the tests' own, deleted with all that CloudFormation owns and deployed again over what it left.
 * The local AWS imports buckets as AWS does; of the table it makes a new, empty one: so the catalog is lost besides.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ListBucketsCommand } from "@aws-sdk/client-s3";
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createCatalog } from "../../core/catalog/index.ts";
import type { HoldfastConfigInput, InstallationParameter } from "../../core/config/index.ts";
import { deploy, destroy, synthesize } from "../../infra/local/deploy.ts";
import { clientOptions } from "../../infra/local/stack.ts";
import { createDatabase, type TestDatabase } from "../support/postgres.ts";
import { clients, connectionSecret, waitFor } from "../support/stack.ts";

const config: HoldfastConfigInput = {
  configVersion: 1,
  installation: "adopted",
  sources: { kept: { kind: "postgres", connection: "kept-read" } },
};

let dir: string;
let database: TestDatabase;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), "holdfast-adopt-"));
  database = await createDatabase("kept");
  await database.query("CREATE TABLE ledger AS SELECT n AS id FROM generate_series(1, 20) n");
  const SecretString = connectionSecret(database.name, "read");
  await clients.secrets().send(new CreateSecretCommand({ Name: "holdfast/adopted/kept-read", SecretString }));
});
afterAll(async () => {
  await destroy(dir, inject("stack").env);
  await database.drop();
  await rm(dir, { recursive: true, force: true });
});

/** As an operator does: termination protection off, for it is to be deleted. */
async function deployed(vault: HoldfastConfigInput["vault"], ...more: string[]): Promise<InstallationParameter> {
  const file = path.join(dir, "config.ts");
  await writeFile(file, `export default ${JSON.stringify({ ...config, vault })};\n`);
  await synthesize({ dir, config: file });
  const manifest = path.join(dir, "cdk.out", "manifest.json");
  const text = await readFile(manifest, "utf8");
  expect(text).toContain('"terminationProtection": true');
  await writeFile(manifest, text.replaceAll('"terminationProtection": true', '"terminationProtection": false'));
  await deploy(dir, inject("stack").env, more);
  const { env, ca } = inject("stack");
  const ssm = new SSMClient(clientOptions(env, ca));
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: "/holdfast/adopted" }));
  return JSON.parse(Parameter?.Value ?? "{}") as InstallationParameter;
}

async function run({ stateMachines }: InstallationParameter, machine: string, options: object = {}): Promise<string> {
  const input = JSON.stringify({ source: "kept", options });
  const stateMachineArn = stateMachines[machine] ?? "";
  const { executionArn = "" } = await clients.sfn().send(new StartExecutionCommand({ stateMachineArn, input }));
  const { status, error, cause, result } = await waitFor(executionArn);
  expect({ machine, status, error, cause }).toEqual({
    machine,
    status: "SUCCEEDED",
    error: undefined,
    cause: undefined,
  });
  return (result as { restorePointId: string }).restorePointId;
}

const pointsOf = ({ catalogTable: table }: InstallationParameter) =>
  createCatalog({ client: clients.dynamodb(), table, clock: () => new Date() }).restorePoints.list("kept");

it("finds vault, catalog and key of before again after everything was deleted, and goes on with them", async () => {
  const first = await deployed({});
  const restorePointId = await run(first, "backup");
  const before = await pointsOf(first);
  await destroy(dir, inject("stack").env);
  const { vaultBucket, workBucket, catalogTable, keyArn } = first;
  // Of all that is retained only this has no place in the parameter of an installation.
  const accessLogsBucket = await accessLogs();
  const adopt = { vaultBucket, workBucket, accessLogsBucket, catalogTable, keyArn };
  const second = await deployed({ adopt }, "--import-existing-resources");
  expect(second).toMatchObject({ vaultBucket, workBucket, catalogTable, keyArn });
  await run(second, "rebuild");
  expect(await pointsOf(second)).toEqual(before);
  await run(second, "verify", { restorePointId, level: "full" });
  const next = await run(second, "backup");
  expect((await pointsOf(second)).map((point) => point.restorePointId)).toEqual([next, restorePointId]);
});

/** Found in S3, as an operator would by the stack's name in it. */
async function accessLogs(): Promise<string> {
  const { Buckets = [] } = await clients.s3().send(new ListBucketsCommand({}));
  const found = Buckets.find(({ Name = "" }) => /adopted.*accesslogs/i.test(Name));
  return found?.Name ?? "";
}

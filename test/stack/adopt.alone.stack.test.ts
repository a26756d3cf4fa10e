/**
 * A second installation beside the tests' own, deleted with all that CloudFormation owns. What it leaves can be read, and is what `vault.adopt`
 * takes over; the import itself only AWS can show (docs/AWS-CHECKLIST.md): the local one refuses names of buckets that are there, imported or not.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { CreateSecretCommand } from "@aws-sdk/client-secrets-manager";
import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { createCatalog } from "../../core/catalog/index.ts";
import type { HoldfastConfigInput, InstallationParameter } from "../../core/config/index.ts";
import { kmsUnwrapper } from "../../core/vault/envelope/kms.ts";
import { s3Store } from "../../core/vault/store/s3.ts";
import { verifyRestorePoint } from "../../core/vault/verify/verify.ts";
import { deploy, destroy, synthesize } from "../../infra/local/deploy.ts";
import { clientOptions } from "../../infra/local/stack.ts";
import { createDatabase, type TestDatabase } from "../support/postgres.ts";
import { clients, connectionSecret, waitFor } from "../support/stack.ts";
import { refTo } from "./vault.ts";

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
  await database.drop();
  await rm(dir, { recursive: true, force: true });
});

/** As an operator does: termination protection off, for it is to be deleted. */
async function deployed(): Promise<InstallationParameter> {
  const file = path.join(dir, "config.ts");
  await writeFile(file, `export default ${JSON.stringify(config)};\n`);
  await synthesize({ dir, config: file });
  const manifest = path.join(dir, "cdk.out", "manifest.json");
  const text = await readFile(manifest, "utf8");
  expect(text).toContain('"terminationProtection": true');
  await writeFile(manifest, text.replaceAll('"terminationProtection": true', '"terminationProtection": false'));
  await deploy(dir, inject("stack").env);
  const { env, ca } = inject("stack");
  const ssm = new SSMClient(clientOptions(env, ca));
  const { Parameter } = await ssm.send(new GetParameterCommand({ Name: "/holdfast/adopted" }));
  return JSON.parse(Parameter?.Value ?? "{}") as InstallationParameter;
}

async function run({ stateMachines }: InstallationParameter, machine: string): Promise<string> {
  const input = JSON.stringify({ source: "kept" });
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

it("leaves its vault, its catalog and its key, by which every restore point opens", async () => {
  const installation = await deployed();
  const restorePointId = await run(installation, "backup");
  await destroy(dir, inject("stack").env);
  const store = s3Store({ client: clients.s3(), bucket: installation.vaultBucket });
  const unwrappers = [kmsUnwrapper({ client: clients.kms(), keyArn: installation.keyArn })];
  const report = await verifyRestorePoint("full", store, unwrappers, refTo("kept", restorePointId));
  expect(report.issues).toEqual([]);
  const catalog = createCatalog({
    client: clients.dynamodb(),
    table: installation.catalogTable,
    clock: () => new Date(),
  });
  expect(await catalog.restorePoints.list("kept")).toMatchObject([{ restorePointId, status: "available" }]);
});

/** A backup of the deployed stack, brought back from its bucket: by hand with KMS, and by the offline key where KMS is denied. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { compareLive } from "../../../core/restore/compare.ts";
import { holdfast } from "../../stack/command.ts";
import { backUp, databaseBehind } from "../../stack/sources.ts";
import { refTo } from "../../stack/vault.ts";
import { offlineKey } from "../../support/offline-key.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { type Attempt, follow, prepareTools } from "./page.ts";

const execute = promisify(execFile);
const USER = "reads-the-vault-only";
/** Of the tables, and of the only piece of a large object. */
const ROWS = 500 + 300 + 1;
let source: TestDatabase;
let id: string;
let python: string;

beforeAll(async () => {
  python = await prepareTools();
  source = await databaseBehind(
    "byhand",
    `CREATE TABLE item (id int PRIMARY KEY, name text);
     CREATE TABLE part (item_id int REFERENCES item, "od""d" numeric DEFAULT 1);
     CREATE MATERIALIZED VIEW items AS SELECT count(*) FROM item;
     INSERT INTO item SELECT n, 'näme ' || n FROM generate_series(1, 500) n; INSERT INTO part SELECT n FROM generate_series(1, 300) n;
     REFRESH MATERIALIZED VIEW items; SELECT lo_from_bytea(4711, 'scan')`,
  );
  id = (await backUp("byhand")).outcome?.restorePointId ?? "";
}, 5 * 60_000);
afterAll(() => source.drop());

/** Of the operator, or of another user. */
const awsEnvironment = (user: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  ...inject("stack").env,
  ...user,
});
const aws = async (...args: string[]): Promise<unknown> =>
  JSON.parse((await execute(python, ["-m", "awscli", ...args], { env: awsEnvironment() })).stdout || "null");

const attempt = (database: string, changes: Partial<Attempt>): Attempt => ({
  ref: refTo("byhand", id),
  vault: { bucket: inject("stack").parameter.vaultBucket },
  key: "aws-kms",
  schema: "archive",
  database,
  server: inject("postgres"),
  environment: awsEnvironment(),
  ...changes,
});

async function expectIdentical(database: string): Promise<void> {
  const settings = parseConnection(source.url);
  const options = { rows: true, sessions: 2, applicationName: "test compare" };
  const report = await compareLive(settings, { ...settings, database }, { ...options, ignoreDatabase: true });
  expect(report).toMatchObject({ differences: [], level: "rows" });
}

test("the page brings it back from the bucket, with KMS", async () => {
  const database = `${source.name}_by_hand`;
  const { exitCode, errors } = await follow(attempt(database, {}));
  expect({ exitCode, errors }).toEqual({ exitCode: 0, errors: "" });
  await expectIdentical(database);
  await asAdmin((admin) => admin.query(`DROP DATABASE ${database}`));
});

test("one who is denied KMS altogether restores with the offline key, and not without it", async () => {
  const bucket = inject("stack").parameter.vaultBucket;
  const user = await userWithoutKms(bucket);
  const page = await follow(attempt("never_made", { environment: awsEnvironment(user) }));
  expect(page.exitCode).not.toBe(0);
  expect(page.errors).toMatch(/AccessDenied/);

  const target = await createDatabase("offline");
  const folder = await mkdtemp(path.join(tmpdir(), "holdfast-offline-"));
  const [connection, key] = [path.join(folder, "target.url"), path.join(folder, "key.pem")];
  await writeFile(connection, target.url);
  await writeFile(key, offlineKey.privateKeyPem);
  const direct = ["restore", id, "--direct", "--vault", `s3://${bucket}`, "--source", "byhand"];
  const refused = await holdfast([...direct, "--to-connection", connection], user);
  expect(refused, refused.stderr).toMatchObject({ exitCode: 3, json: { error: { name: "PreconditionError" } } });
  const restored = await holdfast([...direct, "--to-connection", connection, "--offline-key", key], user);
  expect(restored, restored.stderr).toMatchObject({ exitCode: 0, json: { restorePointId: id, sizes: { rows: ROWS } } });
  await expectIdentical(target.name);
  await rm(folder, { recursive: true });
  await target.drop();
});

/** May read the bucket, and nothing of any key: as where the installation's key is gone. */
async function userWithoutKms(bucket: string): Promise<Record<string, string>> {
  const document = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: ["s3:GetObject", "s3:ListBucket"],
        Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
      },
      { Effect: "Deny", Action: "kms:*", Resource: "*" },
    ],
  };
  await aws("iam", "create-user", "--user-name", USER);
  const policy = ["--policy-name", "vault", "--policy-document", JSON.stringify(document)];
  await aws("iam", "put-user-policy", "--user-name", USER, ...policy);
  const made = (await aws("iam", "create-access-key", "--user-name", USER)) as {
    readonly AccessKey: { readonly AccessKeyId: string; readonly SecretAccessKey: string };
  };
  return { AWS_ACCESS_KEY_ID: made.AccessKey.AccessKeyId, AWS_SECRET_ACCESS_KEY: made.AccessKey.SecretAccessKey };
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { flipOneByte } from "../../cli/demo/damage.ts";
import { vaultKeys } from "../../core/vault/keys.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../support/postgres.ts";
import { clients, connectionSecret, storeConnection } from "../support/stack.ts";

const launcher = path.resolve(import.meta.dirname, "../../cli/bin/holdfast.js");
const SOURCE = "command";

interface Told {
  readonly exitCode: number;
  readonly json: Record<string, unknown>;
  readonly stdout: string;
  readonly stderr: string;
}

interface Typed {
  readonly input?: string;
  /** Sends SIGINT as soon as this stands on standard error. */
  readonly interruptAt?: RegExp;
}

/** The command as it is installed, against the deployed stack. */
async function holdfast(args: readonly string[], { input = "", interruptAt }: Typed = {}): Promise<Told> {
  const env = { ...process.env, ...inject("stack").env };
  const child = spawn(process.execPath, [launcher, ...args], { env, stdio: ["pipe", "pipe", "pipe"] });
  let stderr = "";
  let isInterrupted = false;
  child.stderr.on("data", (data: Buffer) => {
    stderr += data;
    if (isInterrupted || interruptAt?.test(stderr) !== true) return;
    isInterrupted = child.kill("SIGINT");
  });
  child.stdin.end(input);
  const [stdout, [exitCode]] = await Promise.all([text(child.stdout), once(child, "close")]);
  const json = args.includes("--json") ? (JSON.parse(stdout) as Told["json"]) : {};
  return { exitCode: exitCode as number, json, stdout, stderr };
}

const names = (restored: string) => ["--source", SOURCE, "--to", "command", "--database", restored];

let database: TestDatabase;
let scratch: string;
const restoredNames: string[] = [];

/** The name of a database that is dropped in the end, whoever makes it. */
function restoredName(suffix: string): string {
  const name = `${database.name}_${suffix}`;
  restoredNames.push(name);
  return name;
}

beforeAll(async () => {
  database = await createDatabase("cli");
  scratch = await mkdtemp(path.join(tmpdir(), "holdfast-cli-"));
  await database.query(`
    CREATE TABLE item (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL, price numeric);
    INSERT INTO item (name, price) SELECT 'item ' || n, n * 1.5 FROM generate_series(1, 5000) AS n;
    CREATE INDEX ON item (name);
    CREATE VIEW dear AS SELECT * FROM item WHERE price > 100;
  `);
  await storeConnection("command-read", database.name, "read");
  await storeConnection("command-write", "postgres", "write");
});

afterAll(async () => {
  await rm(scratch, { recursive: true });
  for (const name of restoredNames)
    await asAdmin((admin) => admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
  await database.drop();
});

describe("holdfast against the deployed stack", () => {
  it("backs up, lists, shows, verifies, restores and compares", async () => {
    const backup = await holdfast(["backup", SOURCE, "--reason", "a test", "--json"]);
    expect(backup, backup.stderr).toMatchObject({
      exitCode: 0,
      json: { status: "succeeded", source: SOURCE, sizes: { rows: 5000 } },
    });
    const { restorePointId, runId } = backup.json;

    const audit = await holdfast(["audit", SOURCE, "--since", "1h", "--json"]);
    const recorded = { runId, restorePointId, reason: "a test", author: expect.stringMatching(/^arn:aws:/) };
    expect(audit.json.records, audit.stderr).toEqual(
      expect.arrayContaining(["started", "ended"].map((event) => expect.objectContaining({ ...recorded, event }))),
    );

    const list = await holdfast(["list", SOURCE, "--json"]);
    expect(list.json.restorePoints).toEqual(
      expect.arrayContaining([expect.objectContaining({ restorePointId, runId, status: "available", rows: 5000 })]),
    );
    expect((await holdfast(["list"])).stdout).toContain(String(restorePointId));
    const show = await holdfast(["show", "latest", "--source", SOURCE, "--json"]);
    expect(show).toMatchObject({ exitCode: 0, json: { restorePointId, restorePoint: { database: database.name } } });
    const run = await holdfast(["show", String(runId), "--json"]);
    expect(run.json).toMatchObject({ run: { kind: "backup", status: "succeeded", reason: "a test", restorePointId } });

    const verify = await holdfast(["verify", String(restorePointId), "--json"]);
    expect(verify, verify.stderr).toMatchObject({ exitCode: 0, json: { isValid: true, issues: [], level: "full" } });

    const restored = restoredName("restored");
    const restore = await holdfast(["restore", "latest", ...names(restored), "--create", "--json"]);
    expect(restore, restore.stderr).toMatchObject({ exitCode: 0, json: { status: "succeeded", restorePointId } });
    const compare = await holdfast(["compare", "latest", ...names(restored), "--json"]);
    expect(compare, compare.stderr).toMatchObject({ exitCode: 0, json: { isIdentical: true, differences: [] } });

    const again = await holdfast(["restore", "latest", ...names(restored), "--json"]);
    expect(again, again.stderr).toMatchObject({ exitCode: 3, json: { error: { name: "PreconditionError" } } });

    await runIn(restored, "DELETE FROM item WHERE id = 4711");
    const differing = await holdfast(["compare", "latest", ...names(restored), "--json"]);
    expect(differing).toMatchObject({ exitCode: 4, json: { isIdentical: false, error: { name: "IntegrityError" } } });
    expect(JSON.stringify(differing.json.differences)).toContain("item");
  });

  it("restores without state machines, functions and catalog", async () => {
    const name = restoredName("direct");
    const file = path.join(scratch, "target.json");
    await writeFile(file, connectionSecret("postgres", "write"));
    const vault = `s3://${inject("stack").parameter.vaultBucket}`;
    const argv = ["restore", "latest", "--direct", "--vault", vault, "--source", SOURCE, "--to-connection", file];
    const told = await holdfast([...argv, "--database", name, "--create", "--json"]);
    expect(told, told.stderr).toMatchObject({ exitCode: 0, json: { database: name, sizes: { rows: 5000 } } });
    expect(told.json).not.toHaveProperty("runId");
  });

  it("leaves the run alone when interrupted, and follows it again", async () => {
    const left = await holdfast(["backup", SOURCE, "--json"], { interruptAt: /backup command-/ });
    expect(left, left.stderr).toMatchObject({ exitCode: 130, json: { status: "running" } });
    const runId = String(left.json.runId);
    const followed = await holdfast(["show", runId, "--follow", "--json"]);
    expect(followed, followed.stderr).toMatchObject({ exitCode: 0, json: { runId, status: "succeeded" } });
  });

  it("skips the second of two runs at once with 5", async () => {
    const both = await Promise.all([1, 2].map(() => holdfast(["backup", SOURCE, "--json"])));
    expect(both.map(({ exitCode }) => exitCode).toSorted()).toEqual([0, 5]);
    expect(both.find(({ exitCode }) => exitCode === 5)?.json).toMatchObject({ status: "skipped" });
  });

  it("exits with 4 and names the object of which one bit was flipped", async () => {
    const { json } = await holdfast(["backup", SOURCE, "--json"]);
    const id = String(json.restorePointId);
    const prefix = vaultKeys.dataPrefix({ source: SOURCE, kind: "full", restorePointId: id });
    const { key } = await flipOneByte(clients.s3(), inject("stack").parameter.vaultBucket, prefix);
    const verify = await holdfast(["verify", id, "--json"]);
    expect(verify).toMatchObject({ exitCode: 4, json: { isValid: false, error: { name: "IntegrityError" } } });
    expect(verify.json.issues).toEqual([expect.objectContaining({ where: expect.stringContaining(key) })]);
    const show = await holdfast(["show", id, "--source", SOURCE, "--json"]);
    expect(show.json).toMatchObject({ restorePoint: { status: "quarantined", verified: { isValid: false } } });
  });

  it("gives up waiting with 6 while the run goes on", async () => {
    const told = await holdfast(["backup", SOURCE, "--timeout", "1s", "--json"]);
    expect(told).toMatchObject({ exitCode: 6, json: { status: "running", error: { code: "still-running" } } });
    await holdfast(["show", String(told.json.runId), "--follow", "--json"]);
  });

  it("refuses a source that is not configured with 3", async () => {
    const told = await holdfast(["backup", "nowhere", "--json"]);
    expect(told, told.stderr).toMatchObject({ exitCode: 3, json: { error: { name: "ConfigurationError" } } });
  });

  it("tells why a run failed in the run's own words", async () => {
    await storeConnection("command-read", database.name, "read", { password: "wrong" });
    const told = await holdfast(["backup", SOURCE, "--json"]);
    await storeConnection("command-read", database.name, "read");
    expect(told.exitCode, told.stdout).toBeGreaterThan(0);
    expect(told.json).toMatchObject({ status: "failed", error: { message: expect.stringContaining("password") } });
    expect(told.stderr).toContain("holdfast: ");
    const runs = await holdfast(["runs", SOURCE, "--limit", "1", "--json"]);
    expect(runs.json.runs).toMatchObject([{ status: "failed", error: told.json.error }]);
  });

  it("stores a connection from standard input or a file, and replaces it only when told", async () => {
    const secret = "postgres://reader:s3cret-word@db.example.com/shop";
    const name = `cli-${database.name.replaceAll("_", "-")}`;
    const first = await holdfast(["connect", name, "--json"], { input: `${secret}\n` });
    expect(first, first.stderr).toMatchObject({ exitCode: 0, json: { isReplaced: false } });
    const SecretId = String(first.json.secretName);
    const stored = await clients.secrets().send(new GetSecretValueCommand({ SecretId }));
    expect(stored.SecretString).toBe(secret);
    expect(await holdfast(["connect", name, "--json"], { input: secret })).toMatchObject({
      exitCode: 3,
      json: { error: { code: "connection-exists" } },
    });
    const file = path.join(scratch, "new.url");
    await writeFile(file, secret.replace("reader", "other"));
    expect(await holdfast(["connect", name, "--file", file, "--replace", "--json"])).toMatchObject({
      exitCode: 0,
      json: { isReplaced: true, connection: { user: "other" } },
    });
  });

  it("names the installation that is not there", async () => {
    expect(await holdfast(["list", "--installation", "elsewhere", "--json"])).toMatchObject({
      exitCode: 3,
      json: { error: { code: "installation-not-found" } },
    });
  });
});

async function runIn(name: string, statement: string): Promise<void> {
  const client = new pg.Client({ ...inject("postgres"), database: name });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

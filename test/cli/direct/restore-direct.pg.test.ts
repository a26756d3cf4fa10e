import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { restoreDirectly } from "../../../cli/commands/restore-direct.ts";
import { InterruptedError } from "../../../cli/errors.ts";
import type { Session } from "../../../cli/session.ts";
import { rewrapEnvelope } from "../../../core/vault/envelope/create.ts";
import type { RestorePointRef } from "../../../core/vault/keys.ts";
import { createVault, type TestVault } from "../../core/restore/support.ts";
import { createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { newRsaRecipient } from "../../support/recipients.ts";

const launcher = path.resolve(import.meta.dirname, "../../../cli/bin/holdfast.js");

let vault: TestVault;
let source: TestDatabase;
let target: TestDatabase;
let scratch: string;
let ref: RestorePointRef;

/** Without an account, a region and an endpoint: nothing of AWS is left. */
function holdfast(...args: string[]) {
  const env = { PATH: process.env.PATH, HOME: scratch };
  const options = ["--vault", vault.directory, "--to-connection", path.join(scratch, "target.url")];
  const argv = [launcher, "restore", "latest", "--direct", ...options, ...args, "--json"];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8", env });
  return { exitCode: status, stderr, json: JSON.parse(stdout) as Record<string, unknown> };
}

beforeAll(async () => {
  [vault, source, target] = await Promise.all([createVault(), createDatabase("direct"), createDatabase("directly")]);
  scratch = await mkdtemp(path.join(tmpdir(), "holdfast-direct-"));
  await source.query("CREATE TABLE item AS SELECT n AS id, 'item ' || n AS name FROM generate_series(1, 3000) AS n");
  ref = await vault.backUp(source.url);
  const holder = newRsaRecipient();
  const wrapping = {
    recipients: [holder.recipient],
    unwrappers: vault.unwrappers,
  };
  await rewrapEnvelope(vault.store, ref, wrapping);
  await writeFile(path.join(scratch, "key.pem"), holder.privateKeyPem);
  await writeFile(path.join(scratch, "stranger.pem"), newRsaRecipient().privateKeyPem);
  await writeFile(path.join(scratch, "target.url"), `${target.url}\n`);
});

afterAll(async () => {
  await Promise.all([vault.remove(), source.drop(), target.drop(), rm(scratch, { recursive: true })]);
});

describe("holdfast restore --direct, from a directory, with an offline key", () => {
  it("restores without anything of AWS", async () => {
    const told = holdfast("--offline-key", path.join(scratch, "key.pem"), "--compare", "rows");
    expect(told, told.stderr).toMatchObject({
      exitCode: 0,
      json: { status: "succeeded", restorePointId: ref.restorePointId, database: target.name, sizes: { rows: 3000 } },
    });
    expect(await target.query("SELECT count(*)::int AS items, max(name) AS last FROM item")).toEqual([
      { items: 3000, last: "item 999" },
    ]);
  });

  it("refuses a database that is not empty, and replaces it when confirmed", async () => {
    await target.query("CREATE TABLE IF NOT EXISTS item (id int); CREATE TABLE precious (id int)");
    const refused = holdfast("--offline-key", path.join(scratch, "key.pem"));
    expect(refused).toMatchObject({
      exitCode: 3,
      json: { error: { name: "PreconditionError", code: "target-not-empty" } },
    });
    const told = holdfast("--offline-key", path.join(scratch, "key.pem"), "--confirm");
    expect(told, told.stderr).toMatchObject({ exitCode: 0 });
    expect(await target.query("SELECT to_regclass('precious') AS precious")).toEqual([{ precious: null }]);
  });

  it("says nothing of an incomplete database to one who leaves at the question", async () => {
    await target.query("CREATE TABLE IF NOT EXISTS precious (id int)");
    const leaving = new AbortController();
    const world = {
      env: {},
      readFile: (file: string) => readFile(file, "utf8"),
      clock: () => new Date(),
      interrupted: leaving.signal,
      stderr: { write: () => true },
      ask: async () => {
        leaving.abort();
        throw new InterruptedError("interrupted", "the question was not answered");
      },
    };
    const session = { world, progress: { update: () => {}, end: () => {} } } as unknown as Session;
    const options = {
      vault: vault.directory,
      toConnection: path.join(scratch, "target.url"),
      offlineKey: path.join(scratch, "key.pem"),
    };
    const left = restoreDirectly(session, "latest", options);
    await expect(left).rejects.toMatchObject({ name: "InterruptedError", message: "the question was not answered" });
    expect(await target.query("SELECT to_regclass('precious')::text AS precious")).toEqual([{ precious: "precious" }]);
  });

  it("refuses a key the envelope was not wrapped for", () => {
    const told = holdfast("--offline-key", path.join(scratch, "stranger.pem"), "--confirm");
    expect(told).toMatchObject({ exitCode: 3, json: { status: "failed", error: { name: "PreconditionError" } } });
  });

  it("says which file it could not read", () => {
    const told = holdfast("--offline-key", path.join(scratch, "lost.pem"));
    expect(told).toMatchObject({ exitCode: 3, json: { error: { code: "file-unreadable" } } });
  });
});

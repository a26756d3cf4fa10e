import { execFile } from "node:child_process";
import { chown, mkdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { openLoadSession } from "../../../core/postgres/load/session.ts";
import { loadPointChunk } from "../../../core/restore/data.ts";
import { completeRestore } from "../../../core/restore/finish.ts";
import { parseRestoreOptions } from "../../../core/restore/options.ts";
import { prepareTarget } from "../../../core/restore/prepare.ts";
import { openRestorePoint, readPhases } from "../../../core/restore/restore-point.ts";
import { runPhase } from "../../../core/restore/schema.ts";
import { chunkNumbers } from "../../../core/restore/work.ts";
import type { RestorePointRef } from "../../../core/vault/keys.ts";
import { type LocalPostgres, restartPostgres, startPostgres } from "../../../infra/local/postgres.ts";
import { createDatabase } from "../../support/postgres.ts";
import { createVault, type TestVault } from "./support.ts";

const ROWS = 3_000;
const applicationName = "test faults";
const isRoot = process.getuid?.() === 0;
const execute = promisify(execFile);
const NOBODY = 65_534;

let vault: TestVault;
/** Ours to crash. */
let server: LocalPostgres;
let refs: Record<"logged" | "unlogged", RestorePointRef>;

beforeAll(async () => {
  [vault, server] = await Promise.all([createVault(), startPostgres()]);
  const backUp = async (kind: string): Promise<RestorePointRef> => {
    const source = await createDatabase("crashing");
    await source.query(`
      CREATE ${kind} TABLE item (id int, filler text);
      INSERT INTO item SELECT n, (SELECT string_agg(md5(n * 100 + k || ''), '') FROM generate_series(1, 80) k)
        FROM generate_series(1, ${ROWS}) n;
      CREATE TABLE part (id int PRIMARY KEY); INSERT INTO part SELECT generate_series(1, 100)`);
    return vault.backUp(source.url, { chunkBytes: 512 * 1024 }).finally(() => source.drop());
  };
  refs = { logged: await backUp(""), unlogged: await backUp("UNLOGGED") };
}, 120_000);
afterAll(async () => {
  await server.stop();
  await vault.remove();
});

async function admin(statement: string): Promise<void> {
  const { host, port, user, password } = server;
  const client = new pg.Client({ host, port, user, password, database: "postgres" });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}
const urlOf = (name: string): string =>
  `postgres://${server.user}:${server.password}@${server.host}:${server.port}/${name}?sslmode=disable`;

/** Loads every chunk, and crashes the server before any commit had to be on its disk. */
async function crashAfterLoading(ref: RestorePointRef, database: string): Promise<void> {
  await admin(`CREATE DATABASE ${database}`);
  const point = await openRestorePoint(vault, ref);
  const settings = parseConnection(urlOf(database));
  const options = parseRestoreOptions({});
  await prepareTarget({ point, target: { settings }, options, applicationName });
  const session = await openLoadSession(settings, { applicationName });
  await runPhase(session, await readPhases(point, options), "preData");
  for (const n of chunkNumbers(point.manifest)) await loadPointChunk(session, point, n);
  await restartPostgres(server.dataDir, "immediate");
  await session.end();
}

describe("a target's server that crashes after every row was loaded", { timeout: 120_000 }, () => {
  test("has each of them once when the same restore has gone on", async () => {
    await crashAfterLoading(refs.logged, "logged");
    const result = await vault.restore(refs.logged, urlOf("logged"));
    expect(result.report).toMatchObject({ identical: true, level: "rows" });
  });

  test("has emptied unlogged tables: the restore neither ends nor goes on, and begins anew with confirm", async () => {
    await crashAfterLoading(refs.unlogged, "unlogged");
    const point = await openRestorePoint(vault, refs.unlogged);
    const session = await openLoadSession(parseConnection(urlOf("unlogged")), { applicationName });
    const options = parseRestoreOptions({});
    const phases = await readPhases(point, options);
    await expect(completeRestore(session, { point, phases, options })).rejects.toMatchObject({
      code: "target-lost-rows",
    });
    await session.end();
    await expect(vault.restore(refs.unlogged, urlOf("unlogged"))).rejects.toMatchObject({ code: "target-lost-rows" });
    const result = await vault.restore(refs.unlogged, urlOf("unlogged"), { options: { confirm: true } });
    expect(result.report).toMatchObject({ identical: true, level: "rows" });
  });
});

// A file system of its own size takes the right to mount one; elsewhere the stack's test meets the same error.
describe.runIf(isRoot)("a target's disk that is full", { timeout: 120_000 }, () => {
  const disk = (): string => path.join(path.dirname(server.dataDir), "small-disk");
  afterAll(async () => {
    await admin("DROP DATABASE IF EXISTS small");
    await admin("DROP TABLESPACE IF EXISTS small");
    await execute("umount", [disk()]);
  });

  test("ends the restore by the table's name and the server's words, and with more room it goes on", async () => {
    await mkdir(disk());
    await execute("mount", ["-t", "tmpfs", "-o", "size=9m", "tmpfs", disk()]);
    await chown(disk(), NOBODY, NOBODY);
    await admin(`CREATE TABLESPACE small LOCATION '${disk()}'`);
    await admin("CREATE DATABASE small TABLESPACE small");
    await expect(vault.restore(refs.logged, urlOf("small"))).rejects.toMatchObject({
      name: "PreconditionError",
      code: "disk-full",
      message: expect.stringMatching(/"public"\."item": could not extend file .*No space left on device/),
    });
    await execute("mount", ["-o", "remount,size=64m", disk()]);
    const result = await vault.restore(refs.logged, urlOf("small"));
    expect(result.report).toMatchObject({ identical: true, level: "rows" });
  });
});

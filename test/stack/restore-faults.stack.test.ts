import pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConnection } from "../../core/postgres/connection.ts";
import { compareLive } from "../../core/restore/compare.ts";
import { chunkObjects } from "../../core/vault/manifest/chunk-objects.ts";
import { WRITE_ROLE } from "../../infra/local/databases.ts";
import { awsFault } from "../support/aws-faults/index.ts";
import { createDatabase, type TestDatabase } from "../support/postgres.ts";
import { processAtPort } from "../support/process-at-port.ts";
import { runMachine, startExecution, stopExecution, storeConnection, waitFor } from "../support/stack.ts";
import { subscribeToAlerts } from "./alerts.ts";
import { terminate, until } from "./faults.ts";
import { backUp, catalog, databaseBehind, newestRun } from "./sources.ts";
import { manifestOf, vaultOf } from "./vault.ts";

const ROWS = 9_000;
/**
 * No key, so that rows that came twice would stay. The second index asks for more room than the server has wherever the
 * database says so: the server's own error for a full disk, by its own statement.
 */
const OBJECTS = `
  CREATE FUNCTION take_room() RETURNS void SECURITY DEFINER SET search_path = pg_catalog LANGUAGE plpgsql AS $$BEGIN
    COPY (SELECT repeat('x', 100000)) TO '/dev/full';
  END$$;
  CREATE FUNCTION room(int) RETURNS int IMMUTABLE SET search_path = pg_catalog LANGUAGE plpgsql AS $$BEGIN
    IF current_setting('app.disk', true) = 'full' THEN PERFORM public.take_room(); END IF;
    RETURN $1;
  END$$;
  CREATE TABLE event (id int NOT NULL, filler text NOT NULL);
  INSERT INTO event SELECT n, repeat(md5(n::text), 10) FROM generate_series(1, ${ROWS}) n;
  CREATE INDEX event_id ON event (id);
  CREATE INDEX event_room ON event (room(id)) WHERE id <= 3;
  ANALYZE event`;

let source: TestDatabase;
let restorePointId: string;
let alerts: Awaited<ReturnType<typeof subscribeToAlerts>>;

beforeAll(async () => {
  source = await databaseBehind("halted", OBJECTS);
  restorePointId = (await backUp("halted")).outcome?.restorePointId ?? "";
  await storeConnection("halted-write", "postgres", "write");
  alerts = await subscribeToAlerts("halted");
});
afterAll(async () => {
  await alerts.end();
  await source.drop();
});

const inputOf = (target: TestDatabase, options: object = {}) => ({
  source: "halted",
  options: { target: "halted", restorePointId, database: target.name, compare: "rows", ...options },
});
const restore = (target: TestDatabase, options?: object) => runMachine("restore", inputOf(target, options));

async function withTarget(work: (target: TestDatabase) => Promise<void>, ...statements: string[]): Promise<void> {
  const target = await createDatabase("halted");
  try {
    await target.query(`ALTER DATABASE ${target.name} OWNER TO ${WRITE_ROLE.user}`);
    for (const statement of statements) await target.query(statement);
    await work(target);
  } finally {
    await target.drop();
  }
}

async function expectIdentical(target: TestDatabase): Promise<void> {
  expect(await target.query("SELECT count(*)::int AS rows FROM event")).toEqual([{ rows: ROWS }]);
  const options = { rows: true, sessions: 1, applicationName: "test compare", ignoreDatabase: true } as const;
  const settings = [source, target].map(({ url }) => parseConnection(url)) as [never, never];
  const { differences } = await compareLive(...settings, { ...options, ignorePrivileges: true });
  expect(differences).toEqual([]);
  expect(await target.query("SELECT to_regnamespace('holdfast_restore') AS marker")).toEqual([{ marker: null }]);
}

/** A lock that the restore waits for, once the table is there; those that wait can be looked at meanwhile. */
async function hold(target: TestDatabase, table: string, mode: string) {
  await until(async () => {
    const [row] = await target.query<{ there: boolean }>("SELECT to_regclass($1) IS NOT NULL AS there", [table]);
    return row?.there === true ? true : undefined;
  });
  const client = new pg.Client(target.url);
  await client.connect();
  await client.query(`BEGIN; LOCK TABLE ${table} IN ${mode} MODE`);
  let isHeld = true;
  return {
    waiting: (least: number, query: string) =>
      until(async () => {
        const found = await target.query<{ pid: number; client_port: number }>(
          `SELECT pid, client_port FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'
              AND application_name LIKE 'holdfast halted-%' AND query LIKE $2`,
          [target.name, `%${query}%`],
        );
        return found.length >= least ? found : undefined;
      }),
    release: async () => {
      if (isHeld) await client.end();
      isHeld = false;
    },
  };
}

describe("a restore whose parts are hit from outside", () => {
  it("ends whole after a cut connection, killed workers before and after their COMMIT, a lost index, and a stop", async () => {
    await withTarget(async (target) => {
      const [chunk] = chunkObjects(await manifestOf("halted", restorePointId));
      const rows = chunk?.slices.reduce((sum, slice) => sum + slice.chunk.rows, 0);
      // The rows of this chunk are committed by then, and nobody knows.
      await using killedAfterCommit = await awsFault({
        caller: "load-chunk",
        operation: "UpdateItem",
        containing: `{"N":"${rows}"}`,
        times: 1,
        effect: "kill-before",
      });
      const executionArn = await startExecution("restore", inputOf(target));
      const loading = await hold(target, "holdfast_restore.chunk", "SHARE ROW EXCLUSIVE");
      const [cut, killed] = await loading.waiting(2, "holdfast_restore.chunk");
      await terminate(target, cut?.pid ?? 0);
      process.kill(await processAtPort(killed?.client_port ?? 0), "SIGKILL");
      const building = await hold(target, "event", "ROW EXCLUSIVE");
      await loading.release();
      const [indexing] = await building.waiting(1, "CREATE INDEX event_id");
      await terminate(target, indexing?.pid ?? 0);
      await building.waiting(1, "CREATE INDEX event_id");
      expect(await killedAfterCommit.hits()).toBe(1);

      await stopExecution(executionArn);
      await waitFor(executionArn);
      await building.release();
      const { runId } = await newestRun("halted");
      expect((await alerts.about(runId)).Message).toMatch(/left behind: database "halted_\w+" .*not complete/);

      const { status, cause } = await restore(target);
      expect({ status, cause }).toEqual({ status: "SUCCEEDED", cause: undefined });
      const chunks = await catalog().chunks.list((await newestRun("halted")).runId);
      expect(chunks.map(({ winner }) => winner)).toEqual(chunks.map(() => ({ state: "already-loaded" })));
      await expectIdentical(target);
    });
  });
});

describe("a restore into a target that is not empty", () => {
  it("lists what is in the way, drops exactly that when told so, and goes on where a full disk has stopped it", async () => {
    const precious = [`CREATE TABLE precious (id int); ALTER TABLE precious OWNER TO ${WRITE_ROLE.user}`];
    await withTarget(
      async (target) => {
        const refused = await restore(target);
        expect(refused).toMatchObject({ status: "FAILED", error: "PreconditionError" });
        expect(refused.cause).toMatch(/1 object \(1 table\): table public\.precious .*target-not-empty/);
        const run = await newestRun("halted");
        const list = run.findings?.find(({ code }) => code === "target-list")?.message ?? "";
        expect(run.findings).toContainEqual(expect.objectContaining({ message: "table public.precious" }));

        await target.query(`CREATE TABLE late (id int); ALTER TABLE late OWNER TO ${WRITE_ROLE.user}`);
        const changed = await restore(target, { confirm: list });
        expect(changed.cause).toMatch(/2 objects.*table public\.late.*target-not-empty/);
        await target.query("DROP TABLE late");

        await target.query(`ALTER DATABASE ${target.name} SET app.disk = 'full'`);
        const full = await restore(target, { confirm: list });
        expect(full).toMatchObject({ status: "FAILED", error: "PreconditionError" });
        expect(full.cause).toMatch(/index public\.event_room: .*No space left on device.*disk-full/);
        const failed = await newestRun("halted");
        const keys: string[] = [];
        for await (const { key } of vaultOf().list("v1/reports/halted/")) keys.push(key);
        expect(keys).toContainEqual(expect.stringContaining(`${failed.runId}.target.json`));
        expect(failed.notes?.warnings).toMatchObject([expect.stringContaining("table public.precious")]);

        const other = await restore(target, { confirm: false, noOwner: true });
        expect(other.cause).toContain("target-incomplete");

        await target.query(`ALTER DATABASE ${target.name} RESET app.disk`);
        const { status, cause } = await restore(target);
        expect({ status, cause }).toEqual({ status: "SUCCEEDED", cause: undefined });
        await expectIdentical(target);
      },
      ...precious,
    );
  });
});

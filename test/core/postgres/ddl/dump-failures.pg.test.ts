import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TimeBudgetError } from "../../../../core/errors.ts";
import { dumpSchema, parseArchive } from "../../../../core/postgres/ddl/index.ts";
import { asAdmin, type TestDatabase } from "../../../support/postgres.ts";
import { databasesOfThisFile } from "./support/databases.ts";
import { exportSnapshot, withSession } from "./support/round-trip.ts";

const { fresh, dropAll } = databasesOfThisFile();
const nobody = `nobody_${randomBytes(4).toString("hex")}`;
let database: TestDatabase;

beforeAll(async () => {
  await asAdmin((admin) => admin.query(`CREATE ROLE ${nobody}`));
  database = await fresh();
  await database.query("CREATE TABLE busy (a int)");
});

afterAll(async () => {
  await dropAll();
  await asAdmin((admin) => admin.query(`DROP ROLE ${nobody}`));
});

/** Dumps while `meanwhile` does its work, started just before; both are awaited. */
function dumpDuring(
  options: { lockWaitSeconds?: number; signal?: AbortSignal },
  meanwhile: (backendPid: number) => Promise<void> = async () => {},
): Promise<Uint8Array> {
  return withSession(database.name, "read", (base) =>
    withSession(database.name, "read", async (session) => {
      const snapshotId = await exportSnapshot(base);
      const [dumped] = await Promise.allSettled([
        dumpSchema(session, { snapshotId, ...options }),
        meanwhile(session.backendPid),
      ]);
      if (dumped.status === "rejected") throw dumped.reason;
      return dumped.value.archive;
    }),
  );
}

/** Holds the table as a migration would, for as long as the work takes. */
function whileLocked<T>(work: () => Promise<T>): Promise<T> {
  return withSession(database.name, "write", async (migration) => {
    await migration.query("BEGIN");
    await migration.query("LOCK TABLE public.busy IN ACCESS EXCLUSIVE MODE");
    return work();
  });
}

/** Calls back once the dump's server process waits for the table. */
async function onceWaiting(pid: number, then: () => Promise<unknown>): Promise<void> {
  const waiting = "SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event_type = 'Lock'";
  while ((await database.query(waiting, [pid])).length === 0) await new Promise(setImmediate);
  await then();
}

describe("a dump of the schema", () => {
  it("ends as a lost snapshot when its exporter has gone", async () => {
    const attempt = withSession(database.name, "read", (session) =>
      dumpSchema(session, { snapshotId: "00000003-0000001B-9" }),
    );
    await expect(attempt).rejects.toMatchObject({ name: "SnapshotLostError", code: "snapshot-gone" });
  });

  it("refuses a snapshot id that is none", async () => {
    const attempt = withSession(database.name, "read", (session) => dumpSchema(session, { snapshotId: "it's" }));
    await expect(attempt).rejects.toMatchObject({ name: "SnapshotLostError", code: "snapshot-gone" });
  });

  it("gives up as busy when a table's lock is not granted in time", async () => {
    const attempt = whileLocked(() => dumpDuring({ lockWaitSeconds: 1 }));
    await expect(attempt).rejects.toMatchObject({ name: "SourceBusyError", code: "lock-not-granted" });
    await expect(attempt).rejects.toThrow(/LOCK TABLE/);
  });

  it("stops with the signal's reason while it waits, and leaves no session behind", async () => {
    const controller = new AbortController();
    const reason = new TimeBudgetError("out-of-time", "no time is left");
    const attempt = whileLocked(() =>
      dumpDuring({ signal: controller.signal }, (pid) => onceWaiting(pid, async () => controller.abort(reason))),
    );
    await expect(attempt).rejects.toBe(reason);
  });

  it("ends as unavailable when the server ends the session", async () => {
    const attempt = whileLocked(() =>
      dumpDuring({}, (pid) => onceWaiting(pid, () => database.query("SELECT pg_terminate_backend($1)", [pid]))),
    );
    await expect(attempt).rejects.toMatchObject({ name: "SourceUnavailableError", code: "server-shut-down" });
  });

  it("names the privilege that is missing", async () => {
    const attempt = withSession(database.name, "read", (base) =>
      withSession(database.name, "read", async (session) => {
        const snapshotId = await exportSnapshot(base);
        await session.query(`SET ROLE ${nobody}`);
        return dumpSchema(session, { snapshotId });
      }),
    );
    await expect(attempt).rejects.toMatchObject({ name: "PreconditionError", code: "privilege-missing" });
    await expect(attempt).rejects.toThrow(/busy/);
  });

  it("refuses a server newer than its pg_dump by name", async () => {
    const attempt = withSession(database.name, "read", (session) =>
      dumpSchema({ ...session, serverVersion: 190001 }, { snapshotId: "00000003-0000001B-1" }),
    );
    await expect(attempt).rejects.toMatchObject({ name: "PreconditionError", code: "server-too-new" });
  });

  it("sees the snapshot's moment, not what came after", async () => {
    const archive = await withSession(database.name, "read", async (base) => {
      const snapshotId = await exportSnapshot(base);
      await database.query("CREATE TABLE too_late (a int)");
      return withSession(database.name, "read", async (session) => (await dumpSchema(session, { snapshotId })).archive);
    });
    expect(parseArchive(archive).entries.map(({ tag }) => tag)).not.toContain("too_late");
  });

  it("passes on what pg_dump warned of", async () => {
    const subscriber = await fresh();
    await subscriber.query(
      "CREATE SUBSCRIPTION far CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false, slot_name = NONE)",
    );
    const { warnings } = await withSession(subscriber.name, "read", (base) =>
      withSession(subscriber.name, "read", async (session) => {
        const snapshotId = await exportSnapshot(base);
        await session.query(`SET ROLE ${nobody}`);
        return dumpSchema(session, { snapshotId });
      }),
    );
    expect(warnings).toEqual([expect.stringMatching(/^subscriptions not dumped/)]);
  });

  it("of two thousand tables has every one of them", async () => {
    const wide = await fresh();
    for (let batch = 0; batch < 10; batch += 1) {
      await wide.query(`DO $$BEGIN FOR n IN 1..200 LOOP EXECUTE format(
        'CREATE TABLE t_${batch}_%s (id int PRIMARY KEY, a text NOT NULL DEFAULT ''x'', b numeric CHECK (b > 0))', n);
        END LOOP; END$$`);
    }
    const archive = await withSession(wide.name, "read", (base) =>
      withSession(wide.name, "read", async (session) => {
        const snapshotId = await exportSnapshot(base);
        return (await dumpSchema(session, { snapshotId })).archive;
      }),
    );
    expect(parseArchive(archive).entries.filter(({ desc }) => desc === "TABLE")).toHaveLength(2000);
  });
});

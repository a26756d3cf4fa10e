import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { assertSameMoment } from "../../../core/backup/session.ts";
import type { Catalog, Run, Snapshot } from "../../../core/catalog/index.ts";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { openSession, type Session } from "../../../core/postgres/session.ts";
import { importSnapshot, relayBase, takeBase } from "../../../core/postgres/snapshot/index.ts";
import { createDatabase, type TestDatabase } from "../../support/postgres.ts";

let database: TestDatabase;
const sessions: Session[] = [];

beforeAll(async () => {
  database = await createDatabase("moment");
  await database.query("CREATE TABLE t (n int)");
});
afterAll(async () => {
  await Promise.all(sessions.map((session) => session.end()));
  await database.drop();
});

async function open(): Promise<Session> {
  const session = await openSession(parseConnection(database.url), { purpose: "read", applicationName: "moment" });
  sessions.push(session);
  return session;
}

/** A run whose SNAPSHOT#0 has this text: all that the check asks of a catalog. */
function runOf(text: string): [Run, Catalog] {
  const snapshots = { get: async () => ({ base: { text } }) as unknown as Snapshot };
  return [{} as Run, { snapshots } as unknown as Catalog];
}

describe("a session on an imported snapshot", () => {
  it("reads the base's moment, however often it was handed on and whatever was committed since", async () => {
    const base = await takeBase(await open());
    await database.query("INSERT INTO t SELECT generate_series(1, 10)");
    const relayed = await relayBase(await open(), base.snapshotId);
    await database.query("DELETE FROM t");
    const worker = await open();
    await importSnapshot(worker, relayed.snapshotId);
    await assertSameMoment(worker, ...runOf(base.snapshot.text));
  });

  it("is refused when it is of another holder's moment", async () => {
    const base = await takeBase(await open());
    await database.query("INSERT INTO t VALUES (1)");
    const other = await takeBase(await open());
    const worker = await open();
    await importSnapshot(worker, other.snapshotId);
    await expect(assertSameMoment(worker, ...runOf(base.snapshot.text))).rejects.toMatchObject({
      name: "SnapshotLostError",
      code: "another-moment",
    });
  });
});

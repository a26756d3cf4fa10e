import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseConnection } from "../../../../core/postgres/connection.ts";
import { copyIn } from "../../../../core/postgres/load/copy-in.ts";
import { openLoadSession } from "../../../../core/postgres/load/session.ts";
import type { Session } from "../../../../core/postgres/session.ts";
import { createDatabase, type TestDatabase } from "../../../support/postgres.ts";

let database: TestDatabase;
let session: Session;

beforeAll(async () => {
  database = await createDatabase("copyin");
  await database.query("CREATE TABLE t (n int)");
  session = await openLoadSession(parseConnection(database.url), { applicationName: "test copy" });
});
afterAll(async () => {
  await session.end();
  await database.drop();
});

const BLOCK_BYTES = 1024 * 1024;
const copy = "COPY public.t FROM STDIN";

/** Blocks of valid rows; `last` is called in place of the block after them. */
async function* rows(blocks: number, last?: () => Uint8Array): AsyncGenerator<Uint8Array> {
  for (let block = 0; block < blocks; block += 1) yield Buffer.alloc(BLOCK_BYTES, "7\n");
  if (last !== undefined) yield last();
}
const rowsThere = async (): Promise<number> => {
  const [row] = await session.query<{ n: number }>("SELECT count(*)::int AS n FROM public.t");
  return row?.n ?? -1;
};

describe("COPY from a stream", () => {
  test("gives the server's own count", async () => {
    expect(await copyIn(session.client, copy, rows(3))).toBe((3 * BLOCK_BYTES) / 2);
    await session.query("TRUNCATE public.t");
  });

  test("of nothing loads nothing", async () => {
    expect(await copyIn(session.client, copy, rows(0))).toBe(0);
  });

  test("whose source fails keeps no row, throws the source's error, and leaves the session usable", async () => {
    const failing = rows(2, () => {
      throw new Error("the vault is on fire");
    });
    await expect(copyIn(session.client, copy, failing)).rejects.toThrow("the vault is on fire");
    expect(await rowsThere()).toBe(0);
  });

  test("that the server refuses midway throws the server's error while much is still to be sent", async () => {
    let sent = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      yield Buffer.from("not a number\n");
      for (; sent < 500; sent += 1) yield Buffer.alloc(BLOCK_BYTES, "7\n");
    }
    await expect(copyIn(session.client, copy, endless())).rejects.toMatchObject({ code: "22P02" });
    expect(sent).toBeLessThan(500);
    expect(await rowsThere()).toBe(0);
  });

  test("ends when the connection is lost", async () => {
    const other = await openLoadSession(parseConnection(database.url), { applicationName: "test copy" });
    const lost = rows(1, () => {
      other.client.connection.stream.destroy();
      return Buffer.from("7\n");
    });
    await expect(copyIn(other.client, copy, lost)).rejects.toThrow(/terminated/);
    await other.end();
  });
});

import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { IntegrityError, PreconditionError } from "../../../core/errors.ts";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { openLoadSession } from "../../../core/postgres/load/session.ts";
import { loadPointChunk } from "../../../core/restore/data.ts";
import { parseRestoreOptions } from "../../../core/restore/options.ts";
import { type Listed, prepareTarget } from "../../../core/restore/prepare.ts";
import { openRestorePoint, readPhases } from "../../../core/restore/restore-point.ts";
import { runPhase } from "../../../core/restore/schema.ts";
import { chunkNumbers } from "../../../core/restore/work.ts";
import { type RestorePointRef, vaultKeys } from "../../../core/vault/keys.ts";
import { createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { createVault, type TestVault, withTarget } from "./support.ts";

let vault: TestVault;
let source: TestDatabase;
let ref: RestorePointRef;

beforeAll(async () => {
  vault = await createVault();
  source = await createDatabase("failing");
  await source.query(`
    CREATE TABLE item (id int PRIMARY KEY, filler text);
    CREATE TABLE part (id int PRIMARY KEY, item_id int REFERENCES item);
    CREATE SEQUENCE number;
    INSERT INTO item SELECT n, repeat(md5(n::text), 8) FROM generate_series(1, 3000) n;
    INSERT INTO part SELECT n, n FROM generate_series(1, 3000) n;
    SELECT lo_from_bytea(777, repeat('x', 300000)::bytea)`);
  ref = await vault.backUp(source.url);
});

afterAll(async () => {
  await source.drop();
  await vault.remove();
});

const isMarked = async (target: TestDatabase): Promise<boolean> => {
  const [row] = await target.query<{ marked: boolean }>(
    "SELECT to_regnamespace('holdfast_restore') IS NOT NULL AS marked",
  );
  return row?.marked === true;
};

/** A target with schema, and the restore point opened: what a chunk's loading finds. */
async function readyForRows(target: TestDatabase) {
  const point = await openRestorePoint(vault, ref);
  const settings = parseConnection(target.url);
  const options = parseRestoreOptions({});
  const applicationName = "test load";
  await prepareTarget({ point, target: { settings }, options, applicationName });
  const open = () => openLoadSession(settings, { applicationName });
  const session = await open();
  await runPhase(session, await readPhases(point, options), "preData");
  return { point, session, open };
}

describe("a chunk", () => {
  test("is not loaded again when the answer to its first load was lost", async () => {
    await withTarget(async (target) => {
      const { point, session } = await readyForRows(target);
      for (const n of chunkNumbers(point.manifest)) {
        expect(await loadPointChunk(session, point, n)).toMatchObject({ state: "loaded" });
        expect(await loadPointChunk(session, point, n)).toMatchObject({ state: "already-loaded" });
      }
      await session.end();
      expect(await target.query("SELECT count(*)::int AS n FROM item")).toEqual([{ n: 3000 }]);
    });
  });

  test("is loaded once when two invocations load it at the same moment", async () => {
    await withTarget(async (target) => {
      const { point, session, open } = await readyForRows(target);
      const other = await open();
      const [n = 0] = chunkNumbers(point.manifest);
      const both = await Promise.all([loadPointChunk(session, point, n), loadPointChunk(other, point, n)]);
      expect(both.map(({ state }) => state).toSorted()).toEqual(["already-loaded", "loaded"]);
      await Promise.all([session.end(), other.end()]);
    });
  });

  test("takes over from an attempt whose client has vanished", async () => {
    await withTarget(async (target) => {
      const { point, session, open } = await readyForRows(target);
      const [n = 0] = chunkNumbers(point.manifest);
      const vanished = await open();
      await vanished.query("SELECT pg_advisory_lock($1, $2)", [0x63686e6b, n]);
      await vanished.query("BEGIN");
      await vanished.query("INSERT INTO holdfast_restore.chunk (n, rows) VALUES ($1, -1)", [n]);
      expect(await loadPointChunk(session, point, n, { stallMillis: 1000 })).toMatchObject({ state: "loaded" });
      await Promise.all([session.end(), vanished.end()]);
    });
  });

  test("changed by one bit in its first frame stops the restore before the target is touched", async () => {
    const damaged = await createVault();
    const damagedRef = await damaged.backUp(source.url);
    const directory = path.join(damaged.directory, vaultKeys.dataPrefix(damagedRef));
    const [name = ""] = (await readdir(directory)).toSorted();
    const file = path.join(directory, name);
    const bytes = await readFile(file);
    bytes[Math.floor(bytes.length / 2)] = (bytes[Math.floor(bytes.length / 2)] ?? 0) ^ 1;
    await writeFile(file, bytes);
    await withTarget(async (target) => {
      const error = await damaged.restore(damagedRef, target.url).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(IntegrityError);
      expect(String(error)).toContain(name);
      expect(await isMarked(target)).toBe(false);
    });
    await damaged.remove();
  });
});

describe("a target", () => {
  test("that is not empty is refused and left alone", async () => {
    await withTarget(async (target) => {
      await target.query("CREATE TABLE mine (id int); CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'");
      await expect(vault.restore(ref, target.url)).rejects.toMatchObject({
        name: "PreconditionError",
        code: "target-not-empty",
        message: expect.stringMatching(
          /2 objects \(1 table, 1 routine\): table public.mine, routine public.f\(integer\)/,
        ),
      });
      expect(await isMarked(target)).toBe(false);
      expect(await target.query("SELECT to_regclass('mine') IS NOT NULL AS there")).toEqual([{ there: true }]);
    });
  });

  test("is emptied with confirm, after saying of what", async () => {
    await withTarget(async (target) => {
      await target.query(`
        CREATE SCHEMA old; CREATE TYPE old.kind AS ENUM ('a'); CREATE DOMAIN whole AS int;
        CREATE TABLE old.kept (kind old.kind); CREATE VIEW seen AS SELECT * FROM old.kept;
        CREATE TABLE item (other text); CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT 1';
        CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int); CREATE PUBLICATION p FOR TABLE item;
        SELECT lo_create(777)`);
      const told: Listed[] = [];
      const onListed = async (listed: Listed): Promise<boolean> => {
        expect(await target.query("SELECT to_regclass('old.kept')::text AS there")).toEqual([{ there: "old.kept" }]);
        told.push(listed);
        return false;
      };
      const result = await vault.restore(ref, target.url, { onListed, options: { confirm: true } });
      expect(result.report?.differences).toEqual([]);
      expect(told).toMatchObject([{ database: target.name, willDrop: true }]);
      expect(told[0]?.objects).toContainEqual({ kind: "TABLE", name: "old.kept" });
    });
  });

  test("in the middle of a restore with other options is refused by their name, and dropped with confirm", async () => {
    await withTarget(async (target) => {
      const { session } = await readyForRows(target);
      await session.end();
      await expect(vault.restore(ref, target.url, { options: { noOwner: true } })).rejects.toMatchObject({
        code: "target-incomplete",
        message: expect.stringMatching(/with no options, this one is with noOwner/),
      });
      const result = await vault.restore(ref, target.url, { options: { noOwner: true, confirm: true } });
      expect(result.report).toMatchObject({ identical: true });
    });
  });

  test("in the middle of another restore point's restore is refused", async () => {
    await withTarget(async (target) => {
      const { session } = await readyForRows(target);
      await session.end();
      const other = await vault.backUp(source.url);
      await expect(vault.restore(other, target.url)).rejects.toMatchObject({ code: "target-incomplete" });
    });
  });
});

describe("a restore", () => {
  test("that was killed midway continues to identity", async () => {
    await withTarget(async (target) => {
      const controller = new AbortController();
      const onProgress = ({ phase, done }: { readonly phase: string; readonly done: number }): void => {
        if (phase === "data" && done === 2) controller.abort();
      };
      const killed = vault.restore(ref, target.url, { onProgress, signal: controller.signal, sessions: 2 });
      await expect(killed).rejects.toMatchObject({ name: "CancelledError" });
      expect(await isMarked(target)).toBe(true);
      const result = await vault.restore(ref, target.url);
      expect(result.report).toMatchObject({ identical: true });
      expect(await isMarked(target)).toBe(false);
    });
  });

  test("names the object and PostgreSQL's reason when a statement fails", async () => {
    const picky = await createDatabase("picky");
    await picky.query(`
      CREATE TABLE thing (id int);
      CREATE FUNCTION only_here(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
        BEGIN IF current_database() <> '${picky.name}' THEN RAISE 'not in this database'; END IF; RETURN $1; END $$;
      CREATE INDEX thing_only_here ON thing (only_here(id));
      INSERT INTO thing VALUES (1)`);
    const pickyRef = await vault.backUp(picky.url);
    await withTarget(async (target) => {
      const error = await vault.restore(pickyRef, target.url).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(PreconditionError);
      expect(String(error)).toMatch(/index public\.thing_only_here: not in this database/);
      expect(await isMarked(target)).toBe(true);
    });
    await picky.drop();
  });

  test("does not count as done when someone wrote to the target meanwhile", async () => {
    await withTarget(async (target) => {
      let meddled: Promise<unknown> | undefined;
      const onProgress = ({ phase }: { readonly phase: string }): void => {
        if (phase === "indexes") meddled ??= target.query("UPDATE item SET filler = 'x' WHERE id = 1");
      };
      const error = await vault
        .restore(ref, target.url, { onProgress, sessions: 1 })
        .catch((reason: unknown) => reason);
      await meddled;
      expect(error).toMatchObject({ code: "restore-differs", message: expect.stringContaining('"public"."item"') });
      expect(await isMarked(target)).toBe(true);
    });
  });
});

import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { type ConnectionSettings, parseConnection } from "../../../core/postgres/connection.ts";
import { readMarker, writeMarker } from "../../../core/postgres/load/marker.ts";
import { openLoadSession } from "../../../core/postgres/load/session.ts";
import { loadPointChunk } from "../../../core/restore/data.ts";
import { parseRestoreOptions } from "../../../core/restore/options.ts";
import { prepareTarget } from "../../../core/restore/prepare.ts";
import { openRestorePoint, readPhases } from "../../../core/restore/restore-point.ts";
import { runPhase } from "../../../core/restore/schema.ts";
import { chunkNumbers } from "../../../core/restore/work.ts";
import type { RestorePointRef } from "../../../core/vault/keys.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { createVault, type TestVault, withTarget } from "./support.ts";

const ROWS = 2_000;
const applicationName = "test faults";
let vault: TestVault;
let source: TestDatabase;
let ref: RestorePointRef;

beforeAll(async () => {
  vault = await createVault();
  source = await createDatabase("faulty");
  // Without a key: rows that came twice would stay.
  await source.query(`
    CREATE TABLE item (id int, filler text);
    INSERT INTO item SELECT n, repeat(md5(n::text), 8) FROM generate_series(1, ${ROWS}) n`);
  ref = await vault.backUp(source.url);
});
afterAll(async () => {
  await source.drop();
  await vault.remove();
});

/** Between client and server: ends both connections at the client's COMMIT, before the server has it or its answer is passed on. */
async function startCommitCutter(when: "before" | "after") {
  const { host, port } = inject("postgres");
  const server = createServer((client) => {
    const upstream = connect(port, host);
    let isCommitting = false;
    const cut = (): void => void [client, upstream].map((socket) => socket.destroy());
    for (const socket of [client, upstream]) socket.on("error", () => {}).on("close", cut);
    client.on("data", (data) => {
      isCommitting ||= data.includes("COMMIT\0");
      if (isCommitting && when === "before") cut();
      else upstream.write(data);
    });
    upstream.on("data", (data) => (isCommitting ? cut() : client.write(data)));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: own } = server.address() as { port: number };
  return { through: (settings: ConnectionSettings) => ({ ...settings, port: own }), end: () => server.close() };
}

describe("a chunk whose connection is lost at its COMMIT", () => {
  test.each([
    ["before", "loaded"],
    ["after", "already-loaded"],
  ] as const)("%s the server has done it is there once after the next attempt", async (when, state) => {
    await withTarget(async (target) => {
      const point = await openRestorePoint(vault, ref);
      const settings = parseConnection(target.url);
      const options = parseRestoreOptions({});
      await prepareTarget({ point, target: { settings }, options, applicationName });
      const session = await openLoadSession(settings, { applicationName });
      await runPhase(session, await readPhases(point, options), "preData");
      const cutter = await startCommitCutter(when);
      for (const n of chunkNumbers(point.manifest)) {
        const unlucky = await openLoadSession(cutter.through(settings), { applicationName });
        await expect(loadPointChunk(unlucky, point, n)).rejects.toMatchObject({ name: "SourceUnavailableError" });
        await unlucky.end();
        expect(await loadPointChunk(session, point, n)).toMatchObject({ state });
      }
      cutter.end();
      await session.end();
      expect(await target.query("SELECT count(*)::int AS n FROM item")).toEqual([{ n: ROWS }]);
    });
  });
});

describe("a late call of a restore that was stopped", () => {
  test("loads nothing into a target that another restore point's restore has begun to fill", async () => {
    const other = await vault.backUp(source.url);
    await withTarget(async (target) => {
      const [stopped, point] = await Promise.all([openRestorePoint(vault, ref), openRestorePoint(vault, other)]);
      const settings = parseConnection(target.url);
      const options = parseRestoreOptions({});
      await prepareTarget({ point, target: { settings }, options, applicationName });
      const session = await openLoadSession(settings, { applicationName });
      await runPhase(session, await readPhases(point, options), "preData");
      const [n = 0] = chunkNumbers(stopped.manifest);
      await expect(loadPointChunk(session, stopped, n)).rejects.toMatchObject({ code: "target-incomplete" });
      expect(await target.query("SELECT FROM item")).toHaveLength(0);
      await expect(loadPointChunk(session, point, n)).resolves.toMatchObject({ state: "loaded" });
      await session.end();
    });
  });
});

describe("a late call of a restore that was begun anew", () => {
  test("loads nothing into what is being emptied: its rows would go, and the note of them stay", async () => {
    await withTarget(async (target) => {
      const point = await openRestorePoint(vault, ref);
      const settings = parseConnection(target.url);
      await prepareTarget({ point, target: { settings }, options: parseRestoreOptions({}), applicationName });
      const session = await openLoadSession(settings, { applicationName });
      await runPhase(session, await readPhases(point, parseRestoreOptions({})), "preData");
      await writeMarker(session, { ...ref, options: "noOwner" });
      const [n = 0] = chunkNumbers(point.manifest);
      await expect(loadPointChunk(session, point, n)).rejects.toMatchObject({ code: "target-incomplete" });
      expect(await target.query("SELECT FROM holdfast_restore.chunk")).toHaveLength(0);
      expect(await target.query("SELECT FROM item")).toHaveLength(0);
      await session.end();
    });
  });
});

describe("a restore point of an empty database", () => {
  test("is refused, and what was to be replaced by it stays", async () => {
    const empty = await createDatabase("empty");
    const nothing = await vault.backUp(empty.url);
    await empty.drop();
    await withTarget(async (target) => {
      await target.query("CREATE TABLE precious (id int)");
      await expect(vault.restore(nothing, target.url, { options: { confirm: true } })).rejects.toMatchObject({
        name: "PreconditionError",
        code: "nothing-to-restore",
      });
      expect(await target.query("SELECT to_regclass('precious')::text AS there")).toEqual([{ there: "precious" }]);
    });
  });
});

test("a restore point of definitions alone is restored with a warning that there was no row", async () => {
  const bare = await createDatabase("bare");
  await bare.query("CREATE TABLE item (id int)");
  const definitions = await vault.backUp(bare.url);
  await bare.drop();
  await withTarget(async (target) => {
    const { warnings, rows } = await vault.restore(definitions, target.url);
    expect({ warnings, rows }).toEqual({ warnings: [expect.stringContaining("holds no row")], rows: 0 });
  });
});

describe("a target that could only be emptied by half", () => {
  test("does not look whole, and is listed again by the next attempt", async () => {
    const role = `loader_${randomBytes(4).toString("hex")}`;
    await asAdmin((admin) => admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'local'`));
    await withTarget(async (target) => {
      await target.query(`
        ALTER DATABASE ${target.name} OWNER TO ${role};
        CREATE TABLE mine (id int); ALTER TABLE mine OWNER TO ${role}; CREATE TABLE others (id int)`);
      const settings = { ...parseConnection(target.url), user: role, password: "local" };
      const options = { confirm: true, skipRoles: true, noOwner: true };
      const failing = vault.restore(ref, target.url, { connection: settings, options });
      await expect(failing).rejects.toMatchObject({
        code: "privilege-missing",
        message: expect.stringMatching(/dropping table public\.others: .*(must be owner|permission denied)/),
      });
      const session = await openLoadSession(parseConnection(target.url), { applicationName });
      expect(await readMarker(session)).toMatchObject({ isReady: false, restorePointId: ref.restorePointId });
      await session.end();
      const again = vault.restore(ref, target.url, { connection: settings, options: { ...options, confirm: false } });
      await expect(again).rejects.toMatchObject({ code: "target-not-empty" });
      const result = await vault.restore(ref, target.url, { options: { confirm: true, skipRoles: true } });
      expect(result.report).toMatchObject({ identical: true });
    });
    await asAdmin((admin) => admin.query(`DROP ROLE ${role}`));
  });
});

describe("what is dropped", () => {
  test("is the list that was agreed to, and nothing when it is another by then", async () => {
    await withTarget(async (target) => {
      await target.query("CREATE TABLE old (id int)");
      const seen: string[] = [];
      const onListed = async ({ id }: { readonly id: string }): Promise<boolean> => {
        seen.push(id);
        return false;
      };
      await expect(vault.restore(ref, target.url, { onListed })).rejects.toMatchObject({ code: "target-not-empty" });
      await target.query("CREATE VIEW news AS SELECT * FROM old");
      const options = { confirm: seen[0] };
      await expect(vault.restore(ref, target.url, { options })).rejects.toThrow(/2 objects .*view public\.news/);
      await target.query("DROP VIEW news");
      expect((await vault.restore(ref, target.url, { options })).report).toMatchObject({ identical: true });
    });
  });

  test("is the rest of the list when an attempt that broke off has dropped some of it, and nothing besides", async () => {
    await withTarget(async (target) => {
      // More than are dropped in one transaction; the last to be dropped, which is the oldest, is in use.
      await target.query(
        "DO $$BEGIN FOR i IN 10..79 LOOP EXECUTE format('CREATE TABLE t%s ()', i); END LOOP; END$$; CREATE SCHEMA z",
      );
      const held = await openLoadSession(parseConnection(target.url), { applicationName });
      await held.query("BEGIN; LOCK TABLE public.t10");
      let confirm = "";
      const onListed = async ({ id }: { readonly id: string }): Promise<boolean> => {
        confirm = id;
        return true;
      };
      const broken = expect(vault.restore(ref, target.url, { onListed })).rejects.toThrow(/t10/);
      await vi.waitFor(
        async () => {
          const waiting = "datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'LOCK TABLE%'";
          const ended = await target.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${waiting}`);
          expect(ended).toHaveLength(1);
        },
        { timeout: 10_000 },
      );
      await broken;
      await held.end();
      expect(await target.query("SELECT FROM pg_tables WHERE schemaname = 'public'")).toHaveLength(20);
      await target.query("CREATE TABLE news ()");
      const options = { confirm };
      await expect(vault.restore(ref, target.url, { options })).rejects.toThrow(/news/);
      await target.query("DROP TABLE news");
      expect((await vault.restore(ref, target.url, { options })).report).toMatchObject({ identical: true });
    });
  });

  test("is nothing that came between listing and dropping", async () => {
    await withTarget(async (target) => {
      await target.query("CREATE TABLE old (id int)");
      const onListed = async (): Promise<boolean> => {
        await target.query("CREATE VIEW news AS SELECT * FROM old");
        return true;
      };
      const changed = vault.restore(ref, target.url, { onListed });
      await expect(changed).rejects.toMatchObject({ code: "target-changed", message: expect.stringMatching(/news/) });
      expect(await target.query("SELECT to_regclass('news')::text AS there")).toEqual([{ there: "news" }]);
    });
  });
});

import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parseConnection } from "../../../core/postgres/connection.ts";
import { openLoadSession } from "../../../core/postgres/load/session.ts";
import type { Session } from "../../../core/postgres/session.ts";
import { loadPointChunk } from "../../../core/restore/data.ts";
import { completeRestore, type FinishInput, finishSchema } from "../../../core/restore/finish.ts";
import { parseRestoreOptions } from "../../../core/restore/options.ts";
import { prepareTarget } from "../../../core/restore/prepare.ts";
import { openRestorePoint, readPhases } from "../../../core/restore/restore-point.ts";
import { runPhase, runUnit } from "../../../core/restore/schema.ts";
import { chunkNumbers, unitsOf } from "../../../core/restore/work.ts";
import type { RestorePointRef } from "../../../core/vault/keys.ts";
import { createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { createVault, type TestVault } from "./support.ts";

let vault: TestVault;
let source: TestDatabase;
let target: TestDatabase;
let ref: RestorePointRef;
let session: Session;
let input: FinishInput;

beforeAll(async () => {
  vault = await createVault();
  source = await createDatabase("finished");
  await source.query(`
    CREATE TABLE item (id int PRIMARY KEY);
    CREATE TABLE part (id int PRIMARY KEY, item_id int REFERENCES item);
    CREATE FUNCTION is_item(int) RETURNS bool LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM public.item WHERE id = $1)';
    ALTER TABLE part ADD CONSTRAINT asks CHECK (is_item(item_id));
    CREATE VIEW items AS SELECT * FROM item;
    INSERT INTO item VALUES (1)`);
  ref = await vault.backUp(source.url);
});
afterAll(async () => {
  await source.drop();
  await vault.remove();
});

/** A target as it is when indexes and foreign keys are to be built. */
beforeEach(async () => {
  target = await createDatabase("unfinished");
  const point = await openRestorePoint(vault, ref);
  const settings = parseConnection(target.url);
  const options = parseRestoreOptions({});
  const applicationName = "test finish";
  await prepareTarget({ point, target: { settings }, options, applicationName });
  session = await openLoadSession(settings, { applicationName });
  input = { point, phases: await readPhases(point, options), options };
  await runPhase(session, input.phases, "preData");
  for (const n of chunkNumbers(point.manifest)) await loadPointChunk(session, point, n);
});
afterEach(async () => {
  await session.end();
  await target.drop();
});

const marker = async (): Promise<unknown[]> =>
  target.query("SELECT to_regnamespace('holdfast_restore')::text AS marker");

async function build(phase: "indexes" | "foreignKeys"): Promise<void> {
  for (const unit of unitsOf(input.phases, phase)) await runUnit(session, input.phases, unit);
}

describe("a restore", () => {
  test("is not finished while an index or a foreign key was never built, though nobody reported a failure", async () => {
    const unbuilt = finishSchema(session, input);
    await expect(unbuilt).rejects.toMatchObject({ name: "IntegrityError", code: "restore-incomplete" });
    await build("indexes");
    await expect(finishSchema(session, input)).rejects.toThrow(/fk constraint public\.part.* was never made/);
    await build("foreignKeys");
    await finishSchema(session, input);
  });

  test("keeps its marker as long as any object or chunk is missing", async () => {
    await build("indexes");
    await build("foreignKeys");
    await finishSchema(session, input);
    const [index] = await target.query<{ name: string }>(
      `DELETE FROM holdfast_restore.step WHERE name = 'entry/${input.phases.indexes[0]?.dumpId}' RETURNING name`,
    );
    await expect(completeRestore(session, input)).rejects.toThrow(/was never made/);
    await target.query("INSERT INTO holdfast_restore.step (name) VALUES ($1)", [index?.name]);
    const [chunk] = await target.query<{ n: number; rows: string }>(
      "DELETE FROM holdfast_restore.chunk RETURNING n, rows",
    );
    await expect(completeRestore(session, input)).rejects.toThrow(/was not loaded/);
    await target.query("INSERT INTO holdfast_restore.chunk (n, rows) VALUES ($1, $2)", [chunk?.n, chunk?.rows]);
    const [check] = await target.query<{ name: string }>(
      "DELETE FROM holdfast_restore.step WHERE name LIKE 'check-valid/%' RETURNING name",
    );
    await expect(completeRestore(session, input)).rejects.toThrow(/constraint "asks" on table public.part is not back/);
    expect(await marker()).toEqual([{ marker: "holdfast_restore" }]);
    await target.query("INSERT INTO holdfast_restore.step (name) VALUES ($1)", [check?.name]);
    await completeRestore(session, input);
    expect(await marker()).toEqual([{ marker: null }]);
  });

  test("ends once when two calls end it at the same moment", async () => {
    await build("indexes");
    await build("foreignKeys");
    await finishSchema(session, input);
    const both = Promise.withResolvers<void>();
    let begun = 0;
    const lastAct = {
      hasBegun: async () => begun > 0,
      begin: async () => {
        begun += 1;
        if (begun === 2) both.resolve();
        await Promise.race([both.promise, sleep(500)]);
      },
    };
    const other = await openLoadSession(parseConnection(target.url), { applicationName: "test finish" });
    try {
      await Promise.all([session, other].map((one) => completeRestore(one, input, { lastAct })));
      expect(begun).toBe(1);
    } finally {
      await other.end();
    }
    expect(await marker()).toEqual([{ marker: null }]);
  });

  test("takes a marker that is gone for its own last act only when that had begun", async () => {
    await build("indexes");
    await build("foreignKeys");
    await finishSchema(session, input);
    const made: string[] = [];
    const lastAct = {
      hasBegun: async () => made.length > 0,
      begin: async () => void made.push(JSON.stringify(await marker())),
    };
    const empty = await createDatabase("unrelated");
    const elsewhere = await openLoadSession(parseConnection(empty.url), { applicationName: "test finish" });
    try {
      const complete = completeRestore(elsewhere, input, { lastAct });
      await expect(complete).rejects.toMatchObject({ name: "IntegrityError", code: "restore-incomplete" });
    } finally {
      await elsewhere.end();
      await empty.drop();
    }
    await completeRestore(session, input, { lastAct });
    expect(made).toEqual([expect.stringContaining("holdfast_restore")]);
    await completeRestore(session, input, { lastAct });
    expect(made).toHaveLength(1);
    await expect(completeRestore(session, input)).rejects.toMatchObject({ code: "restore-incomplete" });
  });
});

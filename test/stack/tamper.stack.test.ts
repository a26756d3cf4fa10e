/** Damage in the deployed vault: what the machines and the command say of it, and how it is mended. */
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { vaultKeys } from "../../core/vault/keys.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../support/postgres.ts";
import { clients, storeConnection } from "../support/stack.ts";
import { layoutOf } from "../support/tampering/layout.ts";
import { subscribeToAlerts } from "./alerts.ts";
import { holdfast, type Told } from "./command.ts";
import { backUp, databaseBehind, manyRows } from "./sources.ts";
import { manifestOf, refTo } from "./vault.ts";

const SOURCE = "tampered";
let source: TestDatabase;
let id: string;
/** Of the ledger: one chunk of several frames. */
let chunk: string;
let alerts: Awaited<ReturnType<typeof subscribeToAlerts>>;

beforeAll(async () => {
  source = await databaseBehind(SOURCE, ...manyRows("ledger", 8_000));
  await storeConnection(`${SOURCE}-write`, "postgres", "write");
  id = (await backUp(SOURCE)).outcome?.restorePointId ?? "";
  chunk = (await manifestOf(SOURCE, id)).tables[0]?.chunks[0]?.object ?? "";
  alerts = await subscribeToAlerts(SOURCE);
});
afterAll(async () => {
  await alerts.end();
  await source.drop();
});

const Bucket = (): string => inject("stack").parameter.vaultBucket;

/** As docs/RUNBOOK.md has it: an object's older version comes back when the newer one, or the mark of a deletion, is deleted. */
const bringBack = (Key: string, VersionId: string | undefined): Promise<unknown> =>
  clients.s3().send(new DeleteObjectCommand({ Bucket: Bucket(), Key, VersionId }));

/** Hides the object while `work` goes on. */
async function whileMissing<T>(Key: string, work: () => Promise<T>): Promise<T> {
  const { VersionId } = await clients.s3().send(new DeleteObjectCommand({ Bucket: Bucket(), Key }));
  return work().finally(() => bringBack(Key, VersionId));
}

/** Changes the object's last frame; its offset is handed on. */
async function whileChangedDeep<T>(Key: string, work: (offset: number) => Promise<T>): Promise<T> {
  const { Body } = await clients.s3().send(new GetObjectCommand({ Bucket: Bucket(), Key }));
  const bytes = Buffer.from((await Body?.transformToByteArray()) ?? []);
  const { frames } = await layoutOf(bytes);
  expect(frames.length).toBeGreaterThan(1);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
  const { VersionId } = await clients.s3().send(new PutObjectCommand({ Bucket: Bucket(), Key, Body: bytes }));
  return work(frames.at(-1)?.start ?? 0).finally(() => bringBack(Key, VersionId));
}

const restore = (database: string, ...more: string[]): Promise<Told> =>
  holdfast(["restore", id, "--source", SOURCE, "--to", SOURCE, "--database", database, ...more]);
const damaged = (object: string) => ({
  exitCode: 4,
  json: { status: "failed", error: { name: "IntegrityError", message: expect.stringContaining(object) } },
});

describe("damage in the deployed vault", () => {
  it("leaves a target alone that was to be emptied, and raises an alert that names the object", async () => {
    const target = await createDatabase("precious");
    await target.query("CREATE TABLE precious (id int); INSERT INTO precious VALUES (1)");
    const told = await whileMissing(chunk, () => restore(target.name, "--confirm"));
    expect(told, told.stderr).toMatchObject(damaged(chunk));
    expect(told.json).toMatchObject({ error: { code: "object-missing" } });
    expect(await target.query("SELECT id FROM precious")).toEqual([{ id: 1 }]);
    expect((await alerts.about(String(told.json.runId))).Message).toContain(chunk);
    const { restorePoint } = (await holdfast(["show", id, "--source", SOURCE])).json;
    expect(restorePoint).toMatchObject({ status: "quarantined", verified: { level: "restore", isValid: false } });
    await target.drop();
  });

  it("is an error of integrity when the manifest is gone that the catalog knows of", async () => {
    const manifest = vaultKeys.manifestKey(refTo(SOURCE, id));
    const told = await whileMissing(manifest, () => restore(`${source.name}_never`, "--create"));
    expect(told, told.stderr).toMatchObject(damaged(manifest));
    expect(told.json).toMatchObject({ error: { code: "manifest-missing" } });
  });

  it("quarantines what `latest` passes over from then on, and lists and shows it as that", async () => {
    const envelope = vaultKeys.envelopeKey(refTo(SOURCE, id), 1);
    const told = await whileMissing(envelope, () => holdfast(["verify", id, "--source", SOURCE]));
    expect(told, told.stderr).toMatchObject({ exitCode: 4, json: { isValid: false, issues: [{ where: envelope }] } });
    const quarantined = { restorePointId: id, status: "quarantined", verified: { isValid: false } };
    expect((await holdfast(["list", SOURCE])).json.restorePoints).toMatchObject([quarantined]);
    expect((await holdfast(["show", id, "--source", SOURCE])).json.restorePoint).toMatchObject(quarantined);
    const latest = await holdfast(["restore", "latest", "--source", SOURCE, "--to", SOURCE]);
    expect(latest).toMatchObject({ exitCode: 3, json: { error: { code: "restore-point-not-found" } } });
  });

  it("deep in a chunk marks the target as incomplete; mended, the same restore goes on, by the id", async () => {
    const database = `${source.name}_deep`;
    const marker = `SELECT to_regclass('holdfast_restore.restore_point') IS NOT NULL AS marked`;
    await whileChangedDeep(chunk, async (offset) => {
      const told = await restore(database, "--create");
      expect(told, told.stderr).toMatchObject(damaged(`${chunk} at byte ${offset}`));
      expect(await inDatabase(database, marker)).toEqual([{ marked: true }]);
    });
    const again = await restore(database, "--create", "--compare", "rows");
    expect(again, again.stderr).toMatchObject({ exitCode: 0, json: { status: "succeeded" } });
    expect(await inDatabase(database, marker)).toEqual([{ marked: false }]);
    await asAdmin((admin) => admin.query(`DROP DATABASE ${database}`));
  });
});

async function inDatabase(database: string, query: string): Promise<unknown[]> {
  const client = new pg.Client({ ...inject("postgres"), database });
  await client.connect();
  return client
    .query(query)
    .then(({ rows }) => rows)
    .finally(() => client.end());
}

/** Damage of the table, done to every object that a restore reads: it is named, and the target untouched or marked. */
import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { IntegrityError, ObjectFrozenError } from "../../../core/errors.ts";
import { openRestorePoint } from "../../../core/restore/restore-point.ts";
import { type RestorePointRef, vaultKeys } from "../../../core/vault/keys.ts";
import { chunkObjects } from "../../../core/vault/manifest/chunk-objects.ts";
import { readSmallObject } from "../../../core/vault/object/small.ts";
import { writeObject } from "../../../core/vault/object/write.ts";
import type { Store } from "../../../core/vault/store/port.ts";
import { gather } from "../../../core/vault/stream/pieces.ts";
import { memoryStore } from "../../support/memory-store.ts";
import { createDatabase, type TestDatabase } from "../../support/postgres.ts";
import { type Damage, damages } from "../../support/tampering/damages.ts";
import { layoutOf } from "../../support/tampering/layout.ts";
import { createVault, type TestVault } from "./support.ts";

const FRAME_BYTES = 1024;
/** So that content of the same length makes an object of the same length. */
const NOT_COMPRESSED = { codec: "none" } as const;

let vault: TestVault;
let source: TestDatabase;
let target: TestDatabase;
let ref: RestorePointRef;
let other: RestorePointRef;
/** The chunk loaded first, and the one loaded last, by their keys. */
let biggest: string;
let smallest: string;

beforeAll(async () => {
  vault = await createVault();
  source = await createDatabase("tampered");
  await source.query(`
    CREATE TABLE item (id int PRIMARY KEY, filler text);
    CREATE TABLE part (id int PRIMARY KEY, item_id int REFERENCES item);
    INSERT INTO item SELECT n, md5(n::text) FROM generate_series(1, 2000) n;
    INSERT INTO part SELECT n, n FROM generate_series(1, 300) n;
    SELECT lo_from_bytea(777, repeat('x', 3000)::bytea)`);
  const options = { frameBytes: FRAME_BYTES, compression: NOT_COMPRESSED };
  ref = await vault.backUp(source.url, options);
  other = await vault.backUp(source.url, options);
  const { manifest } = await openRestorePoint(vault, ref);
  const bySize = chunkObjects(manifest).toSorted((a, b) => b.written.plainBytes - a.written.plainBytes);
  biggest = bySize[0]?.written.object ?? "";
  smallest = bySize.at(-1)?.written.object ?? "";
  target = await createDatabase("target");
});

afterAll(async () => {
  await target.drop();
  await source.drop();
  await vault.remove();
});

const fileOf = (key: string): string => path.join(vault.directory, key);
const bytesOf = async (key: string): Promise<Buffer> => gather(await vault.store.read(key), 2 ** 30);
const inOther = (key: string): string => {
  const same = (prefix: (of: RestorePointRef) => string): string | undefined =>
    key.startsWith(prefix(ref)) ? `${prefix(other)}${key.slice(prefix(ref).length)}` : undefined;
  return same(vaultKeys.metaPrefix) ?? same(vaultKeys.dataPrefix) ?? "";
};

/** Content of the same length that fits no table, authentic under the object's own name and key. */
async function olderOf(key: string): Promise<Buffer> {
  const { envelope } = await openRestorePoint(vault, ref);
  const { body } = await readSmallObject({ store: vault.store, envelope, ref }, key);
  const store = memoryStore();
  const other = Buffer.from(body.toString("latin1").replaceAll("\t", "?"), "latin1");
  const source = Readable.from([other]);
  await writeObject({ store, envelope, ref, key, source, compression: NOT_COMPRESSED, frameBytes: FRAME_BYTES });
  return store.objects.get(key) ?? Buffer.alloc(0);
}

/** Does the damage, runs `work`, and undoes it. */
async function whileDamaged<T>(key: string, { apply }: Damage, work: () => Promise<T>): Promise<T> {
  const before = await bytesOf(key);
  const [sibling, namesake, older] = await Promise.all([
    bytesOf(key === biggest ? smallest : biggest),
    bytesOf(inOther(key)),
    olderOf(key),
  ]);
  const after = apply(before, await layoutOf(before), { sibling, namesake, older });
  if (after === undefined) await rm(fileOf(key));
  else await writeFile(fileOf(key), after);
  return work().finally(() => writeFile(fileOf(key), before));
}

const failureOf = async (on: TestDatabase, options: object = {}): Promise<unknown> =>
  vault.restore(ref, on.url, { sessions: 1, options: { ...options } }).catch((error: unknown) => error);

/** Names of what a database holds besides what every database holds. */
const objectsIn = async (database: TestDatabase): Promise<unknown[]> =>
  (
    await database.query<{ name: string }>(`
      SELECT nspname || '.' || relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
       WHERE nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_toast' ORDER BY 1`)
  ).map(({ name }) => name);
const isMarked = async (database: TestDatabase): Promise<boolean> =>
  (await objectsIn(database)).includes("holdfast_restore.restore_point");

const named = (what: RegExp): readonly Damage[] => damages.filter((damage) => what.test(damage.what));
/** One of each kind, for objects that are small: the unit tests have them all. */
const few = named(/its first byte|final frame's last byte|before its final|another restore point's|missing/);

/** What shows in a chunk's length or in its first frame. */
const inSight = named(
  /first byte|first frame's content|to nothing|in its first frame|before its final|lengthened by a byte|exchanged|missing/,
);

const small: readonly [string, (of: RestorePointRef) => string][] = [
  ["the manifest", vaultKeys.manifestKey],
  ...["archive", "roles.json", "database.json", "large-objects.json", "needs.json"].map(
    (name): [string, (of: RestorePointRef) => string] => [name, (of) => vaultKeys.schemaKey(of, name)],
  ),
];

describe("a restore leaves the target untouched", () => {
  async function expectUntouched(key: string, damage: Damage): Promise<void> {
    const error = await whileDamaged(key, damage, () => failureOf(target));
    expect(error).toBeInstanceOf(IntegrityError);
    expect(String(error)).toContain(key);
    expect(await objectsIn(target)).toEqual([]);
  }

  test.each(small.flatMap(([name, keyOf]) => few.map((damage) => ({ name, keyOf, damage, what: damage.what }))))(
    "when $name is $what",
    ({ keyOf, damage }) => expectUntouched(keyOf(ref), damage),
  );

  test.each(inSight.map((damage) => [damage.what, damage] as const))(
    "when the chunk that is loaded last is %s",
    (_, damage) => expectUntouched(smallest, damage),
  );

  test.each(["cut to nothing", "missing"])("when the envelope is %s", async (what) => {
    const key = vaultKeys.envelopeKey(ref, 1);
    const before = await bytesOf(key);
    if (what === "missing") await rm(fileOf(key));
    else await writeFile(fileOf(key), "");
    const error = await failureOf(target).finally(() => writeFile(fileOf(key), before));
    expect(error).toBeInstanceOf(IntegrityError);
    expect(String(error)).toContain(key);
    expect(await objectsIn(target)).toEqual([]);
  });

  test("and what is in it, when it was to be emptied for the restore", async () => {
    const [damage] = named(/missing/);
    if (damage === undefined) throw new Error("there is no such damage");
    const full = await createDatabase("precious");
    await full.query("CREATE TABLE precious (id int); INSERT INTO precious VALUES (1)");
    for (const key of [smallest, vaultKeys.schemaKey(ref, "roles.json")]) {
      const error = await whileDamaged(key, damage, () => failureOf(full, { confirm: true }));
      expect(error).toMatchObject({ name: "IntegrityError", code: "object-missing" });
      expect(await full.query("SELECT id FROM precious")).toEqual([{ id: 1 }]);
    }
    await full.drop();
  });

  test("when a chunk is in an archive tier, also when it was to be emptied", async () => {
    const full = await createDatabase("thawing");
    await full.query("CREATE TABLE precious (id int); INSERT INTO precious VALUES (1)");
    const frozen = new ObjectFrozenError("object-archived", `${smallest} is in an archive tier`);
    const read: Store["read"] = async (key, options) => {
      if (key === smallest) throw frozen;
      return vault.store.read(key, options);
    };
    const input = { store: { ...vault.store, read }, options: { confirm: true } };
    await expect(vault.restore(ref, full.url, input)).rejects.toBe(frozen);
    expect(await full.query("SELECT id FROM precious")).toEqual([{ id: 1 }]);
    await full.drop();
  });

  test("and says how many objects more are damaged than the one it names", async () => {
    const keys = [biggest, smallest, vaultKeys.schemaKey(ref, "roles.json")];
    const before = await Promise.all(keys.map(bytesOf));
    await Promise.all(keys.map((key) => rm(fileOf(key))));
    const error = await failureOf(target);
    await Promise.all(keys.map((key, at) => writeFile(fileOf(key), before[at] ?? "")));
    expect(error).toMatchObject({ code: "object-missing", message: expect.stringContaining("(and 2 more objects)") });
    expect(await objectsIn(target)).toEqual([]);
  });

  test("and makes no database for a restore point that is not whole", async () => {
    const [damage] = named(/missing/);
    if (damage === undefined) throw new Error("there is no such damage");
    const database = `${target.name}_made`;
    const error = await whileDamaged(biggest, damage, () => failureOf(target, { create: true, database }));
    expect(error).toMatchObject({ name: "IntegrityError", code: "object-missing" });
    expect(await target.query("SELECT FROM pg_database WHERE datname = $1", [database])).toEqual([]);
  });
});

describe("what lies deep in a chunk", () => {
  test.each(named(/final frame's (mark|content)|replayed/).map((damage) => [damage.what, damage] as const))(
    "%s, stops the restore by the object's name and leaves the target marked; the whole object lets it go on",
    async (_, damage) => {
      const marked = await createDatabase("marked");
      const error = await whileDamaged(biggest, damage, () => failureOf(marked));
      expect(error).toBeInstanceOf(IntegrityError);
      expect(String(error)).toContain(`object ${biggest}`);
      if (damage.offset !== undefined) {
        expect(String(error)).toContain(` at byte ${damage.offset(await layoutOf(await bytesOf(biggest)))}`);
      }
      expect(await isMarked(marked)).toBe(true);
      expect(await marked.query("SELECT count(*)::int AS rows FROM item")).toEqual([{ rows: 0 }]);
      const beside = await vault.restore(other, marked.url).catch((reason: unknown) => reason);
      expect(beside).toMatchObject({ name: "PreconditionError", code: "target-incomplete" });
      expect((await vault.restore(ref, marked.url)).report).toMatchObject({ identical: true });
      expect(await isMarked(marked)).toBe(false);
      await marked.drop();
    },
  );

  test("and appears while others are being loaded, stops the restore likewise", async () => {
    const marked = await createDatabase("meanwhile");
    const before = await bytesOf(smallest);
    let isGone: Promise<void> | undefined;
    const onProgress = ({ phase }: { readonly phase: string }): void => {
      if (phase === "schema") isGone ??= rm(fileOf(smallest));
    };
    const error = await vault.restore(ref, marked.url, { onProgress, sessions: 1 }).catch((reason: unknown) => reason);
    await isGone;
    await writeFile(fileOf(smallest), before);
    expect(error).toMatchObject({ name: "IntegrityError", code: "object-missing", object: smallest });
    expect(await isMarked(marked)).toBe(true);
    expect(await marked.query("SELECT count(*)::int AS rows FROM item")).toEqual([{ rows: 2000 }]);
    expect((await vault.restore(ref, marked.url)).report).toMatchObject({ identical: true });
    await marked.drop();
  });
});

describe("not in a restore's way", () => {
  test.each([
    ["the texts for hands", [vaultKeys.schemaKey, "pre-data.sql"], {}],
    ["the summary", [vaultKeys.summaryKey, ""], {}],
    ["the roles that are left out", [vaultKeys.schemaKey, "roles.json"], { skipRoles: true }],
  ] as const)("are %s: a restore without them succeeds", async (_, [keyOf, name], options) => {
    const fresh = await createDatabase("fresh");
    const key = keyOf(ref, name);
    const before = await bytesOf(key);
    await rm(fileOf(key));
    const restored = await vault.restore(ref, fresh.url, { options }).finally(() => writeFile(fileOf(key), before));
    expect(restored.report).toMatchObject({ identical: true });
    await fresh.drop();
  });
});

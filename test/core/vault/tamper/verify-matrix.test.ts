/** Every damage of the table, done to every kind of object: which level of verification sees it, and what it names. */
import { beforeAll, describe, expect, test } from "vitest";
import { openEnvelope } from "../../../../core/vault/envelope/open.ts";
import { type RestorePointRef, vaultKeys } from "../../../../core/vault/keys.ts";
import { readManifest } from "../../../../core/vault/manifest/read.ts";
import { createSmallObject, readSmallObject } from "../../../../core/vault/object/small.ts";
import { type VerifyLevel, verifyRestorePoint } from "../../../../core/vault/verify/verify.ts";
import { type MemoryStore, memoryStore } from "../../../support/memory-store.ts";
import { newRsaRecipient, type TestRecipient } from "../../../support/recipients.ts";
import { type Damage, damages } from "../../../support/tampering/damages.ts";
import { type Layout, layoutOf } from "../../../support/tampering/layout.ts";
import { SAMPLE_REF as ref, writeSample } from "../../../support/vault.ts";

const other: RestorePointRef = { ...ref, restorePointId: "20261122T021500Z-aaaaaaaaaa" };
const levels: readonly VerifyLevel[] = ["presence", "quick", "full"];

type Kind = "chunk" | "schema" | "manifest" | "part";
const keysOf: readonly [Kind, (ref: RestorePointRef) => string, (ref: RestorePointRef) => string][] = [
  ["chunk", (of) => vaultKeys.chunkKey(of, 1, 1), (of) => vaultKeys.chunkKey(of, 2, 1)],
  ["chunk", (of) => vaultKeys.chunkKey(of, 3, 1), (of) => vaultKeys.chunkKey(of, 4, 1)],
  ...["archive", "roles.json", "pre-data.sql", "post-data.sql"].map((name): (typeof keysOf)[number] => [
    "schema",
    (of) => vaultKeys.schemaKey(of, name),
    (of) => vaultKeys.chunkKey(of, 3, 1),
  ]),
  ["manifest", vaultKeys.manifestKey, (of) => vaultKeys.manifestPartKey(of, 1, 1)],
  ["part", (of) => vaultKeys.manifestPartKey(of, 2, 1), (of) => vaultKeys.manifestPartKey(of, 1, 1)],
];

let offline: TestRecipient;
let whole: ReadonlyMap<string, Buffer>;
/** Older contents under the names of the first restore point, authentic each. */
let older: ReadonlyMap<string, Buffer>;

beforeAll(async () => {
  offline = newRsaRecipient();
  const store = memoryStore();
  for (const each of [ref, other]) {
    await writeSample(store, { ref: each, recipients: [offline.recipient], frameBytes: 256, chunksPerPart: 3 });
  }
  whole = new Map(store.objects);
  older = await writeOlder(store);
});

async function writeOlder(store: MemoryStore): Promise<ReadonlyMap<string, Buffer>> {
  const envelope = await openEnvelope(store, ref, [offline.unwrapper]);
  const from = { store, envelope, ref };
  const scratch = memoryStore();
  for (const [, keyOf] of keysOf) {
    const key = keyOf(ref);
    const { body } = await readSmallObject(from, key);
    const text = body.toString("utf8").replace("customer", "somebody").replace('"warnings":[{', '"warnings":[ {');
    await createSmallObject(
      { ...from, store: scratch },
      key,
      Buffer.from(text === body.toString("utf8") ? ` ${text}` : text),
    );
  }
  return scratch.objects;
}

interface Damaged {
  readonly store: MemoryStore;
  readonly layout: Layout;
  /** Undefined: missing. */
  readonly bytes: Buffer | undefined;
  readonly before: Buffer;
}

async function damaged({ apply }: Damage, key: string, siblingKey: string, namesakeKey: string): Promise<Damaged> {
  const store = memoryStore();
  for (const [each, body] of whole) store.objects.set(each, Buffer.from(body));
  const get = (from: ReadonlyMap<string, Buffer>, of: string): Buffer => from.get(of) ?? Buffer.alloc(0);
  const before = get(whole, key);
  const layout = await layoutOf(before);
  const others = { sibling: get(whole, siblingKey), namesake: get(whole, namesakeKey), older: get(older, key) };
  const bytes = apply(before, layout, others);
  if (bytes === undefined) store.objects.delete(key);
  else store.objects.set(key, bytes);
  return { store, layout, bytes, before };
}

/** What core/vault/verify/verify.ts promises of each level. */
function isSeen(level: VerifyLevel, kind: Kind, { depth }: Damage, { bytes, before, layout }: Damaged): boolean {
  if (kind === "manifest") return depth !== "digest"; // the vault alone cannot tell: the catalog's digest does
  if (kind === "part" || bytes?.length !== before.length) return true;
  if (level === "presence") return false;
  if (level === "full" || kind === "schema") return true;
  return depth === "first frame" || (depth === "last frame" && layout.frames.length === 1);
}

const cases = keysOf.flatMap(([kind, keyOf, siblingOf]) =>
  damages.map((damage) => ({
    kind,
    damage,
    what: `${keyOf(ref).split("/").slice(6).join("/")} ${damage.what}`,
    keyOf,
    siblingOf,
  })),
);

describe("verification", () => {
  test.each(cases)("of $what", async ({ kind, damage, keyOf, siblingOf }) => {
    const key = keyOf(ref);
    const found = await damaged(damage, key, siblingOf(ref), keyOf(other));
    for (const level of levels) {
      const { issues } = await verifyRestorePoint(level, found.store, [offline.unwrapper], ref);
      if (!isSeen(level, kind, damage, found)) {
        expect(issues, level).toEqual([]);
        continue;
      }
      expect(issues, level).toMatchObject([{ object: key, message: expect.stringContaining(key) }]);
      const [issue] = issues;
      if (found.bytes?.length === found.before.length && damage.offset !== undefined) {
        expect(issue?.offset, level).toBe(damage.offset(found.layout));
      } else if (damage.depth === "last frame") {
        expect(issue?.offset, level).toBeGreaterThanOrEqual(0);
        expect(issue?.message, level).toContain(` at byte ${issue?.offset}`);
      }
    }
  });

  test("of the restore point beside it finds nothing: damage stays where it is", async () => {
    const [first] = damages;
    if (first === undefined) throw new Error("there are no damages");
    const { store } = await damaged(first, vaultKeys.manifestKey(ref), "", "");
    expect(await verifyRestorePoint("full", store, [offline.unwrapper], other)).toMatchObject({ isValid: true });
  });

  test("takes nothing from the summary, whatever it says", async () => {
    for (const body of [Buffer.alloc(0), Buffer.from("{}"), whole.get(vaultKeys.summaryKey(other)), undefined]) {
      const store = memoryStore();
      for (const [key, bytes] of whole) store.objects.set(key, bytes);
      if (body === undefined) store.objects.delete(vaultKeys.summaryKey(ref));
      else store.objects.set(vaultKeys.summaryKey(ref), body);
      expect(await verifyRestorePoint("full", store, [offline.unwrapper], ref)).toMatchObject({ isValid: true });
      const envelope = await openEnvelope(store, ref, [offline.unwrapper]);
      expect((await readManifest(store, envelope, ref)).id).toBe(ref.restorePointId);
    }
  });
});

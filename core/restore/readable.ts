/**
 * Reads a restore point back as far as it can be done quickly, before anything of its target is touched: what is missing, cut
 * short, exchanged or archived must not be found when the database it was to replace is gone.
 * @module
 */
import pLimit from "p-limit";
import { IntegrityError } from "../errors.ts";
import { parseArchive } from "../postgres/ddl/index.ts";
import { chunkObjects } from "../vault/manifest/chunk-objects.ts";
import type { ManifestSchemaObject } from "../vault/manifest/schema.ts";
import { ObjectIntegrityError } from "../vault/object/errors.ts";
import { readSmallObject } from "../vault/object/small.ts";
import { checkFirstFrame, checkPresence } from "../vault/verify/checks.ts";
import type { RestoreOptions } from "./options.ts";
import { type OpenRestorePoint, schemaObjects } from "./restore-point.ts";
import { chunkNumbers } from "./work.ts";

/** Requests side by side; each waits for the store more than it works. */
const AT_ONCE = 8;
/**
 * Chunks that are opened, the biggest first; of the rest the length is asked for. About 2.5 TB at the usual size, and two
 * minutes of the fifteen that a function has.
 */
const MOST_OPENED = 10_000;

/**
 * What a restore will read: the schema objects whole, every chunk by its length and its first frame. What lies deeper is met
 * while it is loaded. Objects that a restore does not read (the texts for hands, roles that are left out) are not in its way.
 * @throws IntegrityError naming the first object at fault and how many more there are; ObjectFrozenError; StoreThrottledError
 */
export async function assertReadable(
  point: OpenRestorePoint,
  { skipRoles }: Pick<RestoreOptions, "skipRoles">,
): Promise<void> {
  const { manifest } = point;
  const read = new Set<string>(Object.values(schemaObjects));
  if (skipRoles) read.delete(schemaObjects.roles);
  const damaged = new Map<string, IntegrityError>();
  const limit = pLimit(AT_ONCE);
  const look = (object: string, work: () => Promise<unknown>) =>
    limit(async () => {
      try {
        await work();
      } catch (error) {
        if (!(error instanceof IntegrityError)) throw error;
        damaged.set(object, error);
      }
    });
  const numbers = chunkNumbers(manifest);
  const rank = new Map(numbers.map((n, at) => [n, at]));
  const looks = [
    ...manifest.schema
      .filter(({ name }) => read.has(name))
      .map((written) => look(written.object, () => readSchema(point, written))),
    ...chunkObjects(manifest).map(({ n, written }) =>
      look(written.object, async () => {
        const at = rank.get(n);
        if (at === undefined) return;
        await checkPresence(point, written);
        if (at < MOST_OPENED) await checkFirstFrame(point, written);
      }),
    ),
  ];
  await Promise.all(looks).finally(() => limit.clearQueue());
  const [first] = [...damaged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, error]) => error);
  if (first === undefined) return;
  if (!(first instanceof ObjectIntegrityError)) throw first;
  const { code, object, offset, reason } = first;
  const others = damaged.size === 1 ? "" : ` (and ${damaged.size - 1} more objects)`;
  const hint =
    "The target was left as it is: bring the object's older version back, or restore from another restore point.";
  throw new ObjectIntegrityError(code, object, offset, `${reason}${others}`, first, hint);
}

async function readSchema(point: OpenRestorePoint, written: ManifestSchemaObject): Promise<void> {
  const { body } = await readSmallObject(point, written.object, written);
  if (written.name === schemaObjects.archive) parseArchive(body);
}

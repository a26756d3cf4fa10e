/**
 * What is to be cleared, as it goes from the function that can decrypt to the one that may delete: in the work bucket, into
 * which workers write too. So its name is its digest, and the name goes through the state machine.
 * @module
 */
import { createHash } from "node:crypto";
import { z } from "zod";
import { IntegrityError } from "../errors.ts";
import type { Store } from "../vault/store/port.ts";
import { gather } from "../vault/stream/pieces.ts";

const leftoversSchema = z.object({
  points: z.array(
    z.object({
      ref: z.object({ source: z.string(), kind: z.literal("full"), restorePointId: z.string() }),
      /** How the store knew the manifest when the list was made; null: there was none. */
      manifest: z.object({ bytes: z.number(), checksum: z.string().optional() }).nullable(),
      /** In the order in which they are to go. */
      keys: z.array(z.string()),
    }),
  ),
});
export type Leftovers = z.output<typeof leftoversSchema>;
export type LeftoverPoint = Leftovers["points"][number];

/** Two thousand keys of 512 bytes, twice. */
const MOST_BYTES = 2 * 1024 * 1024;

/** The same list has the same name, however often it is written. */
export async function writeLeftovers(work: Store, runId: string, leftovers: Leftovers): Promise<string> {
  const bytes = Buffer.from(JSON.stringify(leftovers));
  const key = keyOf(runId, bytes);
  await work.putIfAbsent(key, bytes);
  return key;
}

/** @throws IntegrityError `leftovers-replaced` when it is not the list that was written under this name for this run */
export async function readLeftovers(work: Store, runId: string, key: string): Promise<Leftovers> {
  const bytes = await gather(await work.read(key), MOST_BYTES);
  if (keyOf(runId, bytes) === key) return leftoversSchema.parse(JSON.parse(bytes.toString("utf8")));
  throw new IntegrityError("leftovers-replaced", `${work.location}/${key} is not the list that its name says`, {
    hint: "Nothing was cleared. Find out who writes into the work bucket: no function of Holdfast overwrites a list.",
  });
}

const keyOf = (runId: string, bytes: Uint8Array): string =>
  `runs/${runId}/leftovers.${createHash("sha256").update(bytes).digest("hex")}.json`;

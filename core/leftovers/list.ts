/**
 * What is to be cleared, as it goes from the function that can decrypt to the one that may delete: in the work bucket.
 * @module
 */
import { z } from "zod";
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

/** Each call writes a list of its own, and names it. */
export async function writeLeftovers(work: Store, runId: string, leftovers: Leftovers): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    const key = `runs/${runId}/leftovers.${attempt}.json`;
    if (await work.putIfAbsent(key, Buffer.from(JSON.stringify(leftovers)))) return key;
  }
}

export async function readLeftovers(work: Store, key: string): Promise<Leftovers> {
  return leftoversSchema.parse(JSON.parse((await gather(await work.read(key), MOST_BYTES)).toString("utf8")));
}

/**
 * `v1/vault.json`: tells a reader which format a bucket or directory is in.
 * @module
 */
import { z } from "zod";
import { ConfigurationError } from "../errors.ts";
import { vaultKeys } from "./keys.ts";
import type { Store } from "./store/port.ts";
import { gather } from "./stream/pieces.ts";

const VAULT_FORMAT = "holdfast-vault-1";
const markerSchema = z.object({ format: z.literal(VAULT_FORMAT) });
const MOST_MARKER_BYTES = 64 * 1024;

/** Marks a new vault; leaves a marked one as it is. @throws ConfigurationError `vault-format-unknown` */
export async function ensureVault(store: Store): Promise<void> {
  if (await store.putIfAbsent(vaultKeys.marker, Buffer.from(`${JSON.stringify({ format: VAULT_FORMAT })}\n`))) return;
  const found = (await gather(await store.read(vaultKeys.marker), MOST_MARKER_BYTES)).toString("utf8");
  if (markerSchema.safeParse(parseJson(found)).success) return;
  throw new ConfigurationError(
    "vault-format-unknown",
    `${store.location}/${vaultKeys.marker} is ${JSON.stringify(found.slice(0, 100))}, allowed is format ${VAULT_FORMAT}`,
    { hint: "The vault is of a newer Holdfast, or the bucket belongs to something else." },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

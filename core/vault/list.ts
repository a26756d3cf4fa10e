/**
 * Finds restore points from the vault alone, as a reader without the catalog does.
 * @module
 */
import { assertName } from "../ids.ts";
import { parseMetaKey, type RestorePointRef, vaultKeys } from "./keys.ts";
import type { Store } from "./store/port.ts";

/** Committed restore points: those with a manifest. By source and kind, oldest first. */
export async function* listRestorePoints(store: Store, source?: string): AsyncGenerator<RestorePointRef> {
  const prefix = source === undefined ? vaultKeys.metaRoot : `${vaultKeys.metaRoot}${assertName("source", source)}/`;
  for await (const { key } of store.list(prefix)) {
    const parsed = parseMetaKey(key);
    if (parsed?.name === "manifest") yield parsed.ref;
  }
}

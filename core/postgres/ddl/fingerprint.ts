import { createHash } from "node:crypto";
import type { Toc, TocEntry } from "./archive/toc.ts";
import { assignPhases } from "./restore/classify.ts";

/**
 * SHA-256 (hex) of a schema: equal when every object is the same in definition, owner, privileges, comment and place, whatever
 * its oid and wherever it stands in the archive. The database's own name and properties are not in it. Comparable between
 * dumps of servers of one major version: another one writes the same view otherwise.
 */
export function schemaFingerprint(toc: Toc): string {
  const objects = assignPhases(toc.entries)
    .filter(({ phase }) => phase !== "database")
    .map(({ entry }) => identity(entry));
  const hash = createHash("sha256");
  for (const object of objects.toSorted()) hash.update(object).update("\n");
  return hash.digest("hex");
}

/** JSON keeps the parts apart; it also escapes lone surrogates, so no two texts meet. */
function identity({ desc, namespace, tag, defn, owner, tablespace, tableAccessMethod }: TocEntry): string {
  return JSON.stringify([desc, namespace, tag, defn, owner, tablespace, tableAccessMethod].map((part) => part ?? null));
}

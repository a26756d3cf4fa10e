/** How a plan names things. @module */
import type { TocEntry } from "../../postgres/ddl/index.ts";
import { listNames } from "../../postgres/load/target.ts";
import { mayHoldSecret } from "../../postgres/secrets.ts";

/** What a reason holds of names; the report has an item for each. */
const MOST_CHARACTERS = 200;

export function someNames(names: readonly string[]): string {
  return listNames(names, MOST_CHARACTERS);
}

const LONGEST_SQL = 2_000;

/** What makes it, for someone who may; absent where that may hold a secret, or is too long to be told. */
export function sqlOfEntry({ desc, defn }: TocEntry): { readonly sql?: string } {
  if (defn === undefined || defn.length > LONGEST_SQL) return {};
  if (mayHoldSecret({ desc, defn })) return {};
  return { sql: defn.trim() };
}

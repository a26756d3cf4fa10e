/**
 * The names under which a part of a restore point comes into a database that is in use.
 * @module
 */
import { createHash } from "node:crypto";
import type { Named } from "../../parts/choice.ts";
import type { TocEntry } from "../../postgres/ddl/index.ts";
import { isWord, nameOfToken, tokens } from "../../postgres/tokens.ts";

/** Everything that is renamed or moved: tables, their partitions, sequences, indexes, statistics; by `keyOf`. */
export type NewNames = ReadonlyMap<string, Named>;

export interface Naming {
  /** Absent: each stays in its own. */
  readonly intoSchema?: string | undefined;
  /** Of the one table, or of the root of its partitions. */
  readonly as?: string | undefined;
}

/** PostgreSQL's NAMEDATALEN less one. */
const LONGEST_NAME_BYTES = 63;
const HASH_DIGITS = 8;

export type OwnName = Named & { readonly kind: string };

export function keyOf({ schema, name }: Named): string {
  return JSON.stringify([schema, name]);
}

/**
 * New names of the chosen entries. Under another name of its own a table would share its schema with the one it was: so whatever
 * else has a name of its own there gets one that is made of the new one, `film_pkey` of `film` as `film_old` is `film_old_pkey`.
 * Pure: what is taken in a target is refused there, and never led to other names.
 * @param root the name that `as` stands for
 */
export function newNames(entries: readonly TocEntry[], { intoSchema, as }: Naming, root: string): NewNames {
  const renamed = new Map<string, Named>();
  const taken = new Set<string>();
  for (const { schema, name } of entries.flatMap(ownNames)) {
    const key = keyOf({ schema, name });
    if (renamed.has(key)) continue;
    const made = { schema: intoSchema ?? schema, name: as === undefined ? name : derived(name, root, as) };
    const free = taken.has(keyOf(made)) ? { ...made, name: shortened(`${made.name}_${name}`, name) } : made;
    taken.add(keyOf(free));
    renamed.set(key, free);
  }
  return renamed;
}

/** What an entry makes that has a name in its schema; of a constraint, the index that backs it. */
export function ownNames({ desc, namespace: schema = "", tag, defn = "" }: TocEntry): OwnName[] {
  switch (desc) {
    case "TABLE":
    case "SEQUENCE":
    case "INDEX":
    case "STATISTICS":
      return [{ schema, name: tag, kind: desc.toLowerCase() }];
    case "CONSTRAINT":
      return [{ schema, name: constraintName(defn), kind: "index" }];
    default:
      return [];
  }
}

/** `ALTER TABLE ONLY a.b ADD CONSTRAINT name …`: the tag would not tell where the table's name ends. */
function constraintName(defn: string): string {
  const found = tokens(defn);
  const at = found.findIndex((token, index) => isWord(token, "CONSTRAINT") && isWord(found[index - 1], "ADD"));
  const name = found[at + 1];
  return name === undefined ? "" : nameOfToken(name);
}

function derived(name: string, root: string, as: string): string {
  if (name === root) return as;
  return shortened(name.startsWith(`${root}_`) ? `${as}${name.slice(root.length)}` : `${as}_${name}`, name);
}

/** PostgreSQL cuts a longer name without a word, and two may become one: so it is cut here, and told apart by what it was made of. */
function shortened(name: string, origin: string): string {
  if (Buffer.byteLength(name) <= LONGEST_NAME_BYTES) return name;
  const hash = createHash("sha256").update(origin).digest("hex").slice(0, HASH_DIGITS);
  const most = LONGEST_NAME_BYTES - HASH_DIGITS - 1;
  let kept = "";
  for (const character of name) {
    if (Buffer.byteLength(kept) + Buffer.byteLength(character) > most) break;
    kept += character;
  }
  return `${kept}_${hash}`;
}

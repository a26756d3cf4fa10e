import { qualifiedName, quoteName } from "../../sql.ts";
import type { TocEntry } from "../archive/toc.ts";

/** Kinds that ALTER names by schema and name alone. Text search parsers and templates, casts, access methods have no owner. */
const NAMED_KINDS: ReadonlySet<string> = new Set([
  "COLLATION",
  "CONVERSION",
  "DATABASE",
  "DOMAIN",
  "EVENT TRIGGER",
  "FOREIGN DATA WRAPPER",
  "FOREIGN TABLE",
  "MATERIALIZED VIEW",
  "PROCEDURAL LANGUAGE",
  "PUBLICATION",
  "SCHEMA",
  "SEQUENCE",
  "SERVER",
  "STATISTICS",
  "SUBSCRIPTION",
  "TABLE",
  "TEXT SEARCH CONFIGURATION",
  "TEXT SEARCH DICTIONARY",
  "TYPE",
  "VIEW",
]);

/** Kinds named with arguments or an access method: their DROP names them the way ALTER does. */
const SIGNED_KINDS: ReadonlySet<string> = new Set([
  "AGGREGATE",
  "FUNCTION",
  "OPERATOR",
  "OPERATOR CLASS",
  "OPERATOR FAMILY",
  "PROCEDURE",
]);

/**
 * `ALTER … OWNER TO …` for an entry, or undefined where none applies. pg_dump leaves this to its reader; an entry without a
 * DROP is part of another object (an identity's sequence, a shell type) and changes hands with it.
 */
export function ownerStatement(entry: TocEntry): string | undefined {
  if (entry.owner === undefined || entry.dropStmt === undefined) return undefined;
  const object = objectName(entry, entry.dropStmt);
  return object && `ALTER ${object} OWNER TO ${quoteName(entry.owner)};`;
}

function objectName({ desc, namespace, tag }: TocEntry, dropStmt: string): string | undefined {
  if (SIGNED_KINDS.has(desc)) return /^DROP (.*);\n?$/s.exec(dropStmt)?.[1];
  if (!NAMED_KINDS.has(desc)) return undefined;
  return `${desc} ${namespace === undefined ? quoteName(tag) : qualifiedName({ schema: namespace, name: tag })}`;
}

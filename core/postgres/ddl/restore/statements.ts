import { qualifiedName, quoteName } from "../../sql.ts";
import { encodeText, isPlainText } from "../archive/text.ts";
import type { TocEntry } from "../archive/toc.ts";
import { ownerStatement } from "./owner.ts";
import type { ClassifyOptions } from "./phases.ts";

const PARTITIONED = "p";
/** Around a GRANT by somebody other than the owner; or a quoted name, which may hold lines that look like it. */
const IN_ANOTHERS_NAME =
  /^(?:SET SESSION AUTHORIZATION (?:"(?:[^"]|"")*"|[^\s;"]+)|RESET SESSION AUTHORIZATION);\n|"(?:[^"]|"")*"/gm;

function inNameOf(grants: string, grantors: ClassifyOptions["grantors"]): string {
  if (grantors === "session") return grants;
  return grants.replaceAll(IN_ANOTHERS_NAME, (found) => {
    if (found.startsWith('"')) return found;
    return grantors === "own" ? "" : found.replace("SESSION AUTHORIZATION", "ROLE");
  });
}

/** What makes an entry, in order: its settings and definition as one transaction, then its owner. */
export function entryStatements(entry: TocEntry, options: ClassifyOptions): string[] {
  const { withOwners = true, withTablespaces = true, grantors = "session" } = options;
  const written = entry.desc === "ACL" ? inNameOf(entry.defn ?? "", grantors) : entry.defn;
  const definition = written !== undefined && hasCommand(written) ? written : undefined;
  const making = definition === undefined ? [] : [...placement(entry, withTablespaces), definition, ...late(entry)];
  const owner = withOwners ? ownerStatement(entry) : undefined;
  return [making.join("\n"), owner ?? ""].filter((statement) => statement !== "");
}

/**
 * A statement for a driver that sends text as UTF-8: one with bytes that are none is carried in hexadecimal and decoded by
 * the server, which refuses it where its own encoding does not allow them.
 */
export function sendable(statement: string): string {
  if (isPlainText(statement)) return statement;
  const hex = Buffer.from(encodeText(statement)).toString("hex");
  return `DO $$BEGIN EXECUTE pg_catalog.convert_from('\\x${hex}'::pg_catalog.bytea, 'SQL_ASCII'); END$$;`;
}

/** Where the table or index goes: said by settings, because CREATE itself names neither. */
function placement(entry: TocEntry, withTablespaces: boolean): string[] {
  const lines: string[] = [];
  if (entry.tablespace !== undefined) {
    const tablespace = withTablespaces && entry.tablespace !== "" ? quoteName(entry.tablespace) : "''";
    lines.push(`SET default_tablespace = ${tablespace};`);
  }
  if (entry.tableAccessMethod !== undefined && entry.relkind !== PARTITIONED) {
    lines.push(`SET default_table_access_method = ${quoteName(entry.tableAccessMethod)};`);
  }
  return lines;
}

/** A partitioned table has no storage: its access method, meant for partitions to come, can only be set afterwards. */
function late({ relkind, tableAccessMethod, namespace: schema = "", tag: name }: TocEntry): string[] {
  if (relkind !== PARTITIONED || tableAccessMethod === undefined) return [];
  return [`ALTER TABLE ${qualifiedName({ schema, name })} SET ACCESS METHOD ${quoteName(tableAccessMethod)};`];
}

/** The schema `public` is in the archive as a comment: it is there already. */
function hasCommand(defn: string): boolean {
  return defn.split("\n").some((line) => line.trim() !== "" && !line.startsWith("--"));
}

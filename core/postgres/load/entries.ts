/**
 * Entries of the schema archive as steps of a restore, and which of them may run side by side.
 * @module
 */
import type { RestoreEntry } from "../ddl/index.ts";
import { SECRET_KINDS } from "../secrets.ts";
import { MARKER_SCHEMA } from "./marker.ts";
import { leftUnvalidated } from "./postponed.ts";
import { underSourcePath } from "./source-path.ts";
import type { Fallback, Step } from "./steps.ts";

/** The name is stable: an archive's dump ids never change, and each entry is in one phase. */
export function entryStep(entry: RestoreEntry): Step {
  const name = entry.schema === undefined ? entry.name : `${entry.schema}.${entry.name}`;
  const what = `${entry.desc.toLowerCase()} ${name}`;
  const { statements, isOptional } = entry;
  return { name: `entry/${entry.dumpId}`, what, statements, isOptional, isSecret: SECRET_KINDS.has(entry.desc) };
}

/** As `entryStep`, with what is tried where the server refuses it as it stands. */
export function entryStepWithFallbacks(entry: RestoreEntry, searchPath: string): Step {
  const step = entryStep(entry);
  const notValid = foreignKeyNotValid(entry);
  const fallbacks = [underSourcePath(step.statements, searchPath, entry.functions), ...notValid];
  return { ...step, fallbacks };
}

const FOREIGN_KEY_VIOLATED = "23503";

/** The source's own rows violate it, or they would not have come: it was switched off when they were written. */
function foreignKeyNotValid({ desc, statements, table, name }: RestoreEntry): Fallback[] {
  const [statement = "", ...others] = statements;
  const added = statement.replace(/;\s*$/, " NOT VALID;");
  if (desc !== "FK CONSTRAINT" || table === undefined || added === statement || statement.startsWith("DO ")) return [];
  const on = { schema: table.schema, relation: table.name, name: name.slice(table.name.length + 1) };
  return [leftUnvalidated(on, (state) => state === FOREIGN_KEY_VIOLATED, [added, ...others])];
}

/** What is said about a schema is tagged so. */
const REMARKS: ReadonlySet<string> = new Set(["ACL", "COMMENT", "SECURITY LABEL"]);

/** A source may itself hold an unfinished restore; its marker is not the user's data and would collide with ours. */
export function isOfMarker({ desc, schema, name }: Pick<RestoreEntry, "desc" | "schema" | "name">): boolean {
  if (schema !== undefined) return isOfMarkerName(schema);
  if (desc === "SCHEMA") return isOfMarkerName(name);
  // In quotes in dumps of another major version.
  return REMARKS.has(desc) && (name === `SCHEMA ${MARKER_SCHEMA}` || name === `SCHEMA "${MARKER_SCHEMA}"`);
}

export function isOfMarkerName(schema: string): boolean {
  return schema === MARKER_SCHEMA;
}

/**
 * Lists of entries of which each can be run by another session: what depends on one another is in one list, in order.
 * Deterministic, so that a list's index names it in every invocation.
 */
export function independentUnits(entries: readonly RestoreEntry[]): RestoreEntry[][] {
  const unitOf = new Map<number, RestoreEntry[]>();
  for (const entry of entries) {
    const joined = new Set(entry.dependencies.map((dumpId) => unitOf.get(dumpId)).filter((unit) => unit !== undefined));
    const unit = [...joined].flat();
    unit.push(entry);
    for (const member of unit) unitOf.set(member.dumpId, unit);
  }
  const order = new Map(entries.map((entry, index) => [entry.dumpId, index]));
  const at = (entry: RestoreEntry): number => order.get(entry.dumpId) ?? 0;
  return [...new Set(entries.map((entry) => unitOf.get(entry.dumpId) ?? [entry]))].map((unit) =>
    unit.toSorted((a, b) => at(a) - at(b)),
  );
}

/**
 * `CYCLE id SET looped TO 'y' DEFAULT 'n'` is given back with casts, `'y'::text`, where the grammar takes a constant alone.
 * @module
 */
import type { TocEntry } from "../../archive/toc.ts";

/** Whose text may hold a query as the server writes it. */
const QUERIES: ReadonlySet<string> = new Set(["FUNCTION", "MATERIALIZED VIEW", "POLICY", "PROCEDURE", "RULE", "VIEW"]);

const NAME = `(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)`;
const LITERAL = `E?'(?:[^']|'')*'`;
/** A type's name, in words or qualified, perhaps with a length. */
const MARK = String.raw`(${LITERAL})::((?:${NAME}\.)?${NAME}(?: [a-z ]+[a-z])?(?:\([0-9, ]+\))?)`;
/** The clause; or a literal or a name, which may hold words that look like it. */
const CLAUSE = new RegExp(
  `(\\bCYCLE ${NAME}(?:, ${NAME})* SET ${NAME} TO )${MARK}( DEFAULT )${MARK}( USING )|${LITERAL}|"(?:[^"]|"")*"`,
  "g",
);

export function withCycleMarks(entry: TocEntry): TocEntry {
  if (!QUERIES.has(entry.desc) || entry.defn?.includes("CYCLE ") !== true) return entry;
  const defn = entry.defn.replaceAll(
    CLAUSE,
    (
      whole,
      set?: string,
      mark?: string,
      type?: string,
      middle?: string,
      other?: string,
      otherType?: string,
      end?: string,
    ) => (set === undefined ? whole : `${set}${type} ${mark}${middle}${otherType} ${other}${end}`),
  );
  return { ...entry, defn };
}

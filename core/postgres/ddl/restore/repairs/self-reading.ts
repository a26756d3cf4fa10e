/**
 * A view that reads itself, by CREATE OR REPLACE VIEW made of one that read something else: nobody can read it any more, and no
 * server makes it as pg_dump writes it. It is made in two steps, as it came about; its columns' types, which no dump says, are text.
 * @module
 */
import type { TocEntry } from "../../archive/toc.ts";

const NAME = `(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)`;
/** The view, its options, its columns, itself again; before version 16 the columns are qualified by its name. */
const SELF_READING = new RegExp(
  `^CREATE VIEW (${NAME}\\.${NAME})( WITH \\([^;\\n]*\\))? AS\\n SELECT((?:,?\\s+(?:${NAME}\\.)?${NAME})*)\\n   FROM \\1;\\s*$`,
);

export function withSelfReading(entry: TocEntry): TocEntry {
  if (entry.desc !== "VIEW" || entry.defn === undefined) return entry;
  const [whole, view, , columns = ""] = SELF_READING.exec(entry.defn) ?? [];
  if (whole === undefined) return entry;
  const names = columns.match(new RegExp(`${NAME}(?!${NAME}|\\.)(?=,|$)`, "gm")) ?? [];
  const first = `CREATE VIEW ${view} AS SELECT ${names.map((name) => `NULL::pg_catalog.text AS ${name}`).join(", ")};`;
  return { ...entry, defn: `${first}\n${entry.defn.replace("CREATE VIEW", "CREATE OR REPLACE VIEW")}` };
}

import type { TocEntry } from "../../../../core/postgres/ddl/index.ts";

/** An entry of an archive, nothing said but what is given. */
export function entry(given: Partial<TocEntry>): TocEntry {
  return {
    dumpId: 1,
    hasData: false,
    catalogOid: 0,
    oid: 0,
    tag: "",
    desc: "TABLE",
    section: "pre-data",
    defn: undefined,
    dropStmt: undefined,
    copyStmt: undefined,
    namespace: "public",
    tablespace: undefined,
    tableAccessMethod: undefined,
    relkind: undefined,
    owner: undefined,
    dependencies: [],
    ...given,
  };
}

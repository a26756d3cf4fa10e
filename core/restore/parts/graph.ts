/**
 * What belongs to what in an archive, as its entries' dependencies say it.
 * @module
 */
import type { Named } from "../../parts/choice.ts";
import type { Toc, TocEntry } from "../../postgres/ddl/index.ts";
import { tableOf } from "../../postgres/ddl/index.ts";
import type { Manifest } from "../../vault/manifest/schema.ts";
import { keyOf } from "./names.ts";

const RELATIONS: ReadonlySet<string> = new Set(["FOREIGN TABLE", "MATERIALIZED VIEW", "SEQUENCE", "TABLE", "VIEW"]);
const REMARKS: ReadonlySet<string> = new Set(["ACL", "COMMENT", "SECURITY LABEL"]);
/** Kinds that are nothing without what they stand on. */
const HANGING: ReadonlySet<string> = new Set([
  ...REMARKS,
  "CHECK CONSTRAINT",
  "CONSTRAINT",
  "DEFAULT",
  "FK CONSTRAINT",
  "INDEX",
  "INDEX ATTACH",
  "POLICY",
  "PUBLICATION TABLE",
  "PUBLICATION TABLES IN SCHEMA",
  "ROW SECURITY",
  "RULE",
  "SEQUENCE OWNED BY",
  "STATISTICS",
  "TABLE ATTACH",
  "TRIGGER",
]);
/** Kinds that nobody gets because something hangs on them. */
const NEVER_PULLED: ReadonlySet<string> = new Set(["EVENT TRIGGER", "PUBLICATION", "SUBSCRIPTION"]);

export class ArchiveGraph {
  readonly entries: readonly TocEntry[];
  readonly relations: readonly TocEntry[];
  readonly #byId: ReadonlyMap<number, TocEntry>;
  readonly #byName: ReadonlyMap<string, TocEntry>;
  /** Key of a partition to that of the table it is a part of. */
  readonly #parents: ReadonlyMap<string, string>;
  readonly #leftOut: ReadonlySet<string>;

  constructor({ entries }: Toc, { tables, parts }: Manifest) {
    this.entries = entries;
    this.relations = entries.filter((entry) => this.isRelation(entry));
    this.#byId = new Map(entries.map((entry) => [entry.dumpId, entry]));
    this.#byName = new Map(this.relations.map((entry) => [keyOf(this.nameOf(entry)), entry]));
    const partitioned = new Map(tables.filter(({ kind }) => kind === "partitioned").map((table) => [table.oid, table]));
    this.#parents = new Map(
      tables.flatMap((table) => {
        const parent = table.parent === null ? undefined : partitioned.get(table.parent);
        return parent === undefined ? [] : [[keyOf(table), keyOf(parent)] as const];
      }),
    );
    this.#leftOut = new Set(parts?.leftOut.map(({ catalogOid, oid }) => `${catalogOid}/${oid}`));
  }

  static isRelationKind(desc: string): boolean {
    return RELATIONS.has(desc);
  }

  isRelation({ desc }: TocEntry): boolean {
    return RELATIONS.has(desc);
  }

  isRemark({ desc }: TocEntry): boolean {
    return REMARKS.has(desc);
  }

  isHanging({ desc }: TocEntry): boolean {
    return HANGING.has(desc);
  }

  hasRelation(relation: Named): boolean {
    return this.#byName.has(keyOf(relation));
  }

  nameOf({ namespace, tag }: TocEntry): Named {
    return { schema: namespace ?? "", name: tag };
  }

  /** Whether the backup itself says that this cannot be made: what it needs is not in the restore point. */
  wasLeftOut({ catalogOid, oid }: TocEntry): boolean {
    return this.#leftOut.has(`${catalogOid}/${oid}`);
  }

  /** The database itself and what is said about it. */
  isAboutDatabase(entry: TocEntry): boolean {
    if (entry.desc === "DATABASE" || entry.desc === "DATABASE PROPERTIES") return true;
    return this.isRemark(entry) && entry.tag.startsWith("DATABASE ") && entry.namespace === undefined;
  }

  /** The root of a partition, one step up; the table whose column owns a sequence. */
  belongsTo(entry: TocEntry): TocEntry | undefined {
    if (entry.desc === "SEQUENCE") return this.#dependencies(entry).find(({ desc }) => desc === "TABLE");
    const parent = this.#parents.get(keyOf(this.nameOf(entry)));
    return parent === undefined ? undefined : this.#byName.get(parent);
  }

  /** Whether it is made by a statement of its own, and so can be without the table that owns it. */
  isSequenceAlone({ defn = "" }: TocEntry): boolean {
    return defn.startsWith("CREATE ");
  }

  /**
   * What has to be there before. Not the parent of a partition, which is made by itself and attached afterwards, nor the owner
   * of a sequence; but for saying whose a sequence is, both.
   */
  needs(entry: TocEntry): TocEntry[] {
    const all = this.#dependencies(entry);
    const own = this.belongsTo(entry);
    if (own !== undefined && (entry.desc !== "SEQUENCE" || this.isSequenceAlone(entry))) {
      return all.filter((needed) => needed !== own);
    }
    if (entry.desc !== "SEQUENCE OWNED BY") return all;
    return [...all, ...all.flatMap((sequence) => this.belongsTo(sequence) ?? [])];
  }

  /** What an entry stands on: its table, of a remark what it is about. */
  mainOf(entry: TocEntry): TocEntry | undefined {
    const table = tableOf(entry, this.#byId);
    if (table !== undefined) return this.#byName.get(keyOf(table));
    const needs = this.needs(entry);
    if (this.isRemark(entry) || entry.desc === "SEQUENCE OWNED BY" || entry.desc === "TABLE ATTACH") return needs[0];
    return needs.find((needed) => this.isRelation(needed)) ?? needs[0];
  }

  /** Whether it comes along with what is in `dumpIds`: its own is there, and the rest is or may be fetched. */
  hangsOn(entry: TocEntry, dumpIds: ReadonlySet<number>): boolean {
    if (!this.isHanging(entry)) return false;
    const main = this.mainOf(entry);
    if (main === undefined || !dumpIds.has(main.dumpId)) return false;
    return this.needs(entry).every((needed) => {
      if (dumpIds.has(needed.dumpId)) return true;
      return !this.isRelation(needed) && !this.isHanging(needed) && !NEVER_PULLED.has(needed.desc);
    });
  }

  #dependencies({ dependencies }: TocEntry): TocEntry[] {
    return [...new Set(dependencies)].flatMap((dumpId) => this.#byId.get(dumpId) ?? []);
  }
}

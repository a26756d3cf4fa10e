/** When a restore runs an entry: `none` goes along with what stands before it. */
export type Section = "none" | "pre-data" | "data" | "post-data";

/**
 * One object of the archive's table of contents, as pg_dump wrote it.
 * Texts hold bytes that are no UTF-8 as lone surrogates, see `text.ts`; absent texts are `undefined`, never "".
 */
export interface TocEntry {
  /** Names the entry within the archive; positive; order in the archive is not by it. */
  readonly dumpId: number;
  readonly hasData: boolean;
  /** Oid of the system catalog that holds the object, and the object's own. */
  readonly catalogOid: number;
  readonly oid: number;
  /** The object's name, for what belongs to a table `table name`, for functions with arguments. Unquoted. */
  readonly tag: string;
  /** Kind in pg_dump's words: `TABLE`, `FK CONSTRAINT`, `COMMENT`, … */
  readonly desc: string;
  readonly section: Section;
  /** SQL that makes the object; may hold several commands. */
  readonly defn: string | undefined;
  readonly dropStmt: string | undefined;
  readonly copyStmt: string | undefined;
  readonly namespace: string | undefined;
  /** "" means the database's default, `undefined` that the entry has nothing to do with tablespaces. */
  readonly tablespace: string | undefined;
  readonly tableAccessMethod: string | undefined;
  /** pg_class.relkind of tables in archives of version 1.16 and later. */
  readonly relkind: string | undefined;
  readonly owner: string | undefined;
  /** dumpIds that must be restored before. */
  readonly dependencies: readonly number[];
}

export interface Toc {
  /** Version of the archive's format, e.g. "1.16". */
  readonly formatVersion: string;
  readonly databaseName: string | undefined;
  readonly serverVersion: string | undefined;
  readonly dumpVersion: string | undefined;
  /** Name of the encoding that the texts are in: UTF8 or SQL_ASCII for archives made by `dumpSchema`. */
  readonly encoding: string;
  readonly standardConformingStrings: boolean;
  /** In archive order, which respects dependencies; without the entries that only carry settings. */
  readonly entries: readonly TocEntry[];
}

/** As messages and plans say it: `fk constraint public.rental rental_film_id_fkey`. */
export function nameOfEntry({ desc, namespace, tag }: Pick<TocEntry, "desc" | "namespace" | "tag">): string {
  return `${desc.toLowerCase()} ${namespace === undefined ? "" : `${namespace}.`}${tag}`;
}

/**
 * What the objects of a database rely on that is not their own: the server has to have it wherever they are restored.
 * @module
 */

/** Stored with a restore point as `schema/needs.json`; what the archive tells is not repeated in it. */
export interface Needs {
  readonly version: 1;
  readonly extensions: readonly NeededExtension[];
  /** Collations of the server's own that something names: a column, a domain, an index, a view. */
  readonly collations: readonly NeededCollation[];
  /** Ways to store tables and indexes, beside those of every server. */
  readonly accessMethods: readonly NeededAccessMethod[];
  /** Size of the database on disk; absent of restore points that do not say. */
  readonly databaseBytes?: number;
}

export interface NeededExtension {
  readonly name: string;
  readonly schema: string;
  /** Absent of restore points that do not say. */
  readonly version?: string;
  /** Tables and sequences of its own whose content is the user's, and is in the restore point. */
  readonly relations?: readonly { readonly schema: string; readonly name: string }[];
}

export interface NeededCollation {
  /** In pg_catalog. */
  readonly name: string;
  readonly provider?: "libc" | "icu" | "builtin" | "default";
  /** Of the library, as the source's server had recorded it; another one may sort otherwise. */
  readonly collationVersion?: string | null;
}

export interface NeededAccessMethod {
  readonly name: string;
  /** The extension it belongs to; null where it is the user's own. */
  readonly extension: string | null;
}

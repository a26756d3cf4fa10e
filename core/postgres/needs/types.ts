/**
 * What the objects of a database rely on that is not their own: the server has to have it wherever they are restored.
 * @module
 */

/** What objects of the source rely on and its schema archive does not tell, or not all of it: `schema/needs.json`. */
export interface Needs {
  readonly version: 1;
  readonly extensions: readonly NeededExtension[];
  /** Collations of the server's own that something names: a column, a domain, an index. */
  readonly collations: readonly NeededCollation[];
  /** Procedural languages that belong to no extension, beside those of every server. */
  readonly languages: readonly string[];
  /** Beside pg_default and pg_global. */
  readonly tablespaces: readonly string[];
  /** Of tables and indexes, beside those of every server; those of extensions too. */
  readonly accessMethods: readonly string[];
  /** Libraries that the source's server loads before every session; an extension may need it. */
  readonly preloadedLibraries: readonly string[];
  /** Providers of security labels. */
  readonly labelProviders: readonly string[];
  readonly rowSecurityTables: number;
  readonly largeObjects: number;
  /** Size of the source's database on disk; undefined of restore points that do not say. */
  readonly databaseBytes?: number;
}

export interface NeededExtension {
  readonly name: string;
  /** Unknown of older restore points. */
  readonly version?: string;
  readonly schema: string;
}

export interface NeededCollation {
  /** In pg_catalog. */
  readonly name: string;
  readonly provider: "libc" | "icu" | "builtin" | "default";
  /** The library's; another one may sort otherwise. */
  readonly collationVersion: string | null;
}

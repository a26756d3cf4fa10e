/** An entry of the archive as a restore runs it. */
export interface RestoreEntry {
  readonly dumpId: number;
  /** Kind in pg_dump's words, e.g. `TABLE`, `FK CONSTRAINT`; for messages and progress. */
  readonly desc: string;
  readonly schema: string | undefined;
  /** The archive's tag: unquoted; functions with arguments, what belongs to a table as `table name`. */
  readonly name: string;
  readonly owner: string | undefined;
  /** The table, partition or materialized view that a post-data entry works on. */
  readonly table: { readonly schema: string; readonly name: string } | undefined;
  /**
   * To be sent one after the other, each as one simple query without parameters; an element may hold several commands
   * and is then a transaction by itself. `SET`s that an entry needs are within; none relies on an entry before it.
   */
  readonly statements: readonly string[];
  /** The same for who is no superuser: as each grantor, which takes the right to act as them. */
  readonly asGrantors?: readonly string[];
  /** The same for who cannot act as every grantor: grants in the restoring role's own name. */
  readonly inOwnName?: readonly string[];
  /** dumpIds in the same list that must be done before. */
  readonly dependencies: readonly number[];
  /** Functions that are called while it is made or filled, with their arguments, as in DROP. */
  readonly functions?: readonly string[];
  /** True where a managed server may refuse and nothing is lost: `COMMENT ON EXTENSION`, `ON SCHEMA public`, which take ownership. */
  readonly isOptional: boolean;
}

/** The order of a restore: lists one after the other as they stand here, data between `preData` and `indexes`. */
export interface RestorePhases {
  /** The search path of the source's database, for functions that name things without their schema. */
  readonly searchPath: string;
  /** The time zone under which rows came into the source; absent where nobody noted it. */
  readonly timeZone?: string | undefined;
  /** To be run first in every session; holds nothing that a server of version 14 would not know. */
  readonly settings: readonly string[];
  /** Only when the database itself is created: outside it, before everything. */
  readonly database: readonly RestoreEntry[];
  /** In order. */
  readonly preData: readonly RestoreEntry[];
  /** Indexes, primary keys, unique and exclusion constraints: parallel, as far as `dependencies` leave them free. */
  readonly indexes: readonly RestoreEntry[];
  /** Indexes of partitions tied to those of their partitioned table: in order. */
  readonly indexAttachments: readonly RestoreEntry[];
  /** Parallel; two on one table, or a table and the one it refers to, wait for each other's lock. */
  readonly foreignKeys: readonly RestoreEntry[];
  /** Triggers, rules, policies, statistics, publications, views that need a primary key …: in order. */
  readonly rest: readonly RestoreEntry[];
  /** Privileges and default privileges: in order. */
  readonly privileges: readonly RestoreEntry[];
  /** Event triggers, which would fire on the restore's own commands: in order, after materialized views are refreshed. */
  readonly eventTriggers: readonly RestoreEntry[];
  /** Materialized views in an order in which each finds those it reads filled. Refresh after `privileges`. */
  readonly materializedViews: readonly MaterializedView[];
  /** What forces row security on tables' owners too: last of all, see `row-security.ts`. */
  readonly forcedRowSecurity: readonly ForcedRowSecurity[];
}

/** Of one table: the statement, and the one that undoes it. */
export interface ForcedRowSecurity {
  readonly force: string;
  readonly unforce: string;
}

export interface MaterializedView {
  readonly schema: string;
  readonly name: string;
  /** Those that its query calls, as in `RestoreEntry`. */
  readonly functions: readonly string[];
}

export interface ClassifyOptions {
  /** ALTER … OWNER TO for every object that has an owner. Default true. */
  readonly withOwners?: boolean;
  /** GRANT, REVOKE and default privileges. Default true. */
  readonly withPrivileges?: boolean;
  /**
   * In whose name privileges are granted: `session`, the default, is whoever granted them and takes a superuser; `role` the same,
   * which takes the right to act as them; `own` the restoring role, which PostgreSQL counts as the owner where it may act as it.
   */
  readonly grantors?: "session" | "role" | "own";
  /** Tablespaces other than the database's default. Default true; a managed server has none of them. */
  readonly withTablespaces?: boolean;
  /** The search path of the source's database. Default: PostgreSQL's own. */
  readonly searchPath?: string;
}

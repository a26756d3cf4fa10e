import type { Judging } from "../support/identical.ts";

/** One idea of what a database may hold; a database is made of it, backed up, restored and held against the copy. */
export interface Theme {
  /** Also the id of its source and target in stack-config.ts: `^[a-z][a-z0-9-]{0,31}$`. */
  readonly id: string;
  /** The whole server's, so of this theme alone; made without rights before the database. */
  readonly roles?: readonly string[];
  /** After CREATE DATABASE, e.g. `ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0`. */
  readonly createOptions?: string;
  /** Fills a fresh database, as a superuser. */
  make(database: ThemeDatabase): Promise<void>;
  /** True where it is too much for the tests' smallest chunks: it goes through the stack only. */
  readonly isLarge?: boolean;
  /** What is judged other than everything. */
  readonly judging?: Judging;
  /** What the restore has to tell, each matching one of its warnings; there are no others. */
  readonly warnings?: readonly RegExp[];
  /** What holds of the copy beside that it is the same. @throws when it does not */
  check?(copy: ThemeDatabase): Promise<void>;
  /** Takes away what keeps the database, or its copy, from being dropped. */
  unmake?(database: ThemeDatabase): Promise<void>;
}

export interface ThemeDatabase {
  readonly name: string;
  query<Row extends Record<string, unknown>>(text: string, values?: unknown[]): Promise<Row[]>;
}

/** A theme that is SQL; `$DATABASE` in it is the database's name, quoted. Each element is a transaction. */
export function sqlTheme(theme: Omit<Theme, "make"> & { readonly sql: readonly string[] }): Theme {
  const { sql, ...rest } = theme;
  return {
    ...rest,
    make: async (database) => {
      for (const statements of sql) await database.query(statements.replaceAll("$DATABASE", `"${database.name}"`));
    },
  };
}

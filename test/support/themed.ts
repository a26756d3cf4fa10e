/** Databases made of themes, on whichever server the tests run. */
import pg from "pg";
import { inject } from "vitest";
import { quoteName } from "../../core/postgres/sql.ts";
import type { Theme, ThemeDatabase } from "../themes/index.ts";
import { asAdmin, createDatabase, type TestDatabase } from "./postgres.ts";

/** A fresh database of the theme, its roles made; nothing stays of one that could not be made. */
export async function makeThemed(theme: Theme): Promise<TestDatabase> {
  const { id, roles = [], createOptions = "" } = theme;
  await asAdmin(async (admin) => {
    for (const role of roles) await admin.query(`CREATE ROLE ${quoteName(role)}`);
  });
  const database = await createDatabase(`theme_${id.replaceAll("-", "_")}`, createOptions);
  try {
    await theme.make(database);
    return database;
  } catch (error) {
    await dropThemed(theme, database, `${database.name}_copy`);
    throw error;
  }
}

/** Drops source, copy and roles. */
export async function dropThemed(theme: Theme, source: TestDatabase, copy: string): Promise<void> {
  await theme.unmake?.(source);
  const exists = await asAdmin((admin) => admin.query("SELECT FROM pg_database WHERE datname = $1", [copy]));
  if ((exists.rowCount ?? 0) > 0 && theme.unmake !== undefined) {
    const { unmake } = theme;
    await inDatabase(copy, (database) => unmake(database));
  }
  await asAdmin((admin) => admin.query(`DROP DATABASE IF EXISTS ${quoteName(copy)}`));
  await source.drop();
  await asAdmin(async (admin) => {
    for (const role of theme.roles ?? []) await admin.query(`DROP ROLE ${quoteName(role)}`);
  });
}

export function urlOf(source: TestDatabase, name: string): string {
  return source.url.replace(`/${source.name}?`, `/${encodeURIComponent(name)}?`);
}

export async function inDatabase<Result>(
  name: string,
  work: (database: ThemeDatabase) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ ...inject("postgres"), database: name });
  await client.connect();
  try {
    return await work({ name, query: async (text, values) => (await client.query(text, values)).rows });
  } finally {
    await client.end();
  }
}

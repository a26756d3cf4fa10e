import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import type { PostgresServer } from "./postgres-setup.ts";

/** A database of one's own, on the run's server or another. */
export interface TestDatabase {
  readonly name: string;
  /** The connection as an operator would store it in a secret. */
  readonly url: string;
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  drop(): Promise<void>;
}

/** Creates an empty database; `drop` fails when a session was left open, so leaks do not stay unseen. */
export async function createDatabase(
  prefix: string,
  createOptions = "",
  server: PostgresServer = inject("postgres"),
): Promise<TestDatabase> {
  const name = `${prefix}_${randomBytes(4).toString("hex")}`;
  await asAdmin((admin) => admin.query(`CREATE DATABASE ${name} ${createOptions}`), server);
  const { host, port, user, password } = server;
  const pool = new pg.Pool({ host, port, user, password, database: name, max: 4 });
  // Faults end sessions that nobody uses just then; the next query opens another.
  pool.on("error", () => {});
  return {
    name,
    url: `postgres://${user}:${password}@${host}:${port}/${name}?sslmode=disable`,
    query: async <Row extends pg.QueryResultRow>(text: string, values?: unknown[]) =>
      (await pool.query<Row>(text, values)).rows,
    drop: async () => {
      await pool.end();
      await asAdmin((admin) => admin.query(`DROP DATABASE ${name}`), server);
    },
  };
}

export async function asAdmin<T>(
  work: (admin: pg.Client) => Promise<T>,
  server: PostgresServer = inject("postgres"),
): Promise<T> {
  const { host, port, user, password } = server;
  const admin = new pg.Client({ host, port, user, password, database: "postgres" });
  admin.on("error", () => {});
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

/**
 * The demo's shop: made inside the server by SQL, the same each time.
 * @module
 */
import { readFile } from "node:fs/promises";
import pg from "pg";

export interface Server {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

/** The local stack makes one for each connection. */
async function ensureDatabase(server: Server, name: string): Promise<void> {
  if (await databaseExists(server, name)) return;
  await withSession(server, "postgres", (session) => session.query(`CREATE DATABASE ${name}`));
}

/** Files of one group run at the same time, on a session each. */
const groups = [["1-schema.sql"], ["2-customers-and-orders.sql", "2-events.sql"], ["3-indexes.sql"]] as const;

export interface DatabaseFacts {
  readonly bytes: number;
  readonly rows: number;
  readonly tables: number;
  readonly largeObjects: number;
}

export async function makeDatabase(server: Server, name: string): Promise<DatabaseFacts> {
  await ensureDatabase(server, name);
  for (const files of groups) {
    await Promise.all(
      files.map(async (file) => {
        const sql = await readFile(new URL(`database/${file}`, import.meta.url), "utf8");
        await withSession(server, name, (session) => session.query(sql));
      }),
    );
  }
  return await withSession(server, name, describeDatabase);
}

export async function dropDatabase(server: Server, name: string): Promise<void> {
  await withSession(server, "postgres", (session) => session.query(`DROP DATABASE ${name} WITH (FORCE)`));
}

export async function databaseExists(server: Server, name: string): Promise<boolean> {
  return await withSession(server, "postgres", async (session) => {
    const found = await session.query("SELECT 1 FROM pg_database WHERE datname = $1", [name]);
    return found.rows.length > 0;
  });
}

/** One business question, asked before the disaster and after: no part of Holdfast is involved in the answer. */
export async function askRevenue(server: Server, name: string): Promise<string> {
  return await withSession(server, name, async (session) => {
    const answer = await session.query<{ revenue: string }>(
      `SELECT format('%s orders of %s customers, %s cents, %s products match "quiet & tent", %s bytes of invoices',
                (SELECT count(*) FROM shop.orders), (SELECT count(DISTINCT customer_id) FROM shop.orders),
                (SELECT sum(cents) FROM shop.monthly_revenue),
                (SELECT count(*) FROM shop.products WHERE search @@ to_tsquery('english', 'quiet & tent')),
                (SELECT sum(length(lo_get(document))) FROM shop.invoices)) AS revenue`,
    );
    return answer.rows[0]?.revenue ?? "";
  });
}

async function describeDatabase(session: pg.Client): Promise<DatabaseFacts> {
  const facts = await session.query<Record<keyof DatabaseFacts, string>>(
    `SELECT pg_database_size(current_database()) AS bytes,
            (SELECT count(*) FROM shop.customers) + (SELECT count(*) FROM shop.products) + (SELECT count(*) FROM shop.orders)
              + (SELECT count(*) FROM shop.events) + (SELECT count(*) FROM shop.invoices) AS rows,
            (SELECT count(*) FROM pg_class WHERE relnamespace = 'shop'::regnamespace AND relkind = 'r') AS tables,
            (SELECT count(*) FROM pg_largeobject_metadata) AS "largeObjects"`,
  );
  const row = facts.rows[0];
  if (row === undefined) throw new Error("the server gave no answer");
  return {
    bytes: Number(row.bytes),
    rows: Number(row.rows),
    tables: Number(row.tables),
    largeObjects: Number(row.largeObjects),
  };
}

async function withSession<T>(server: Server, database: string, work: (session: pg.Client) => Promise<T>): Promise<T> {
  const session = new pg.Client({ ...server, database });
  await session.connect();
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}

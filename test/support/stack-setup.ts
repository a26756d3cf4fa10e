import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import type { InstallationParameter } from "../../core/config/index.ts";
import { startLocal, stopLocal } from "../../infra/local/stack.ts";
import { startFaults } from "./aws-faults/start.ts";

/** What a test knows of the stack; `dir/logs` has what happened in it. */
export interface ProvidedStack {
  readonly dir: string;
  /** For child processes such as the command line. */
  readonly env: Readonly<Record<string, string>>;
  readonly parameter: InstallationParameter;
  /** PEM of the certificate that both the local AWS and PostgreSQL show. */
  readonly ca: string;
  /** Where `awsFault` asks for faults. */
  readonly faultControl: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    stack: ProvidedStack;
  }
}

/** One deployment for all files of a run, apart from any other on this machine; about 10 s. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = await mkdtemp(path.join(tmpdir(), "holdfast-stack-"));
  const config = path.join(import.meta.dirname, "stack-config.ts");
  // Pauses before retries and of Wait states, as a share of what the state machines say.
  process.env.SFN_WAIT_SCALE ??= "0.1";
  const faults = startFaults();
  const stop = async () => {
    await stopLocal(dir);
    await faults.close();
  };
  try {
    const { env, parameter, postgres } = await startLocal({ dir, config, beforeAws: faults.open });
    const ca = await readFile(env.NODE_EXTRA_CA_CERTS ?? "", "utf8");
    const { host, port, user, password } = postgres;
    project.provide("stack", { dir, env, parameter, ca, faultControl: faults.control() });
    project.provide("postgres", { host, port, user, password });
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

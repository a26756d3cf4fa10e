import type { TestProject } from "vitest/node";
import { startPostgres } from "../../infra/local/postgres.ts";
import { nativeTools } from "./native.ts";

export interface PostgresServer {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

declare module "vitest" {
  export interface ProvidedContext {
    postgres: PostgresServer;
  }
}

/** One throw-away server for all files of a run; each file makes databases of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Its tests need it soon, and wait for it together.
  nativeTools().catch(() => {});
  const { stop, host, port, user, password } = await startPostgres();
  project.provide("postgres", { host, port, user, password });
  return stop;
}

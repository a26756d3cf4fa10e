/**
 * Deploys a configuration to the local AWS by the same CDK command a person uses for a real account.
 * @module
 */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { REPOSITORY } from "../bundle.ts";
import { CHECKS_CONTEXT, RUNTIME_CONTEXT } from "../context.ts";
import { ACCOUNT, cleanEnvironment, REGION } from "./ministack.ts";
import { run } from "./process.ts";

const CDK = path.join(REPOSITORY, "node_modules", "aws-cdk", "bin", "cdk");

const TARGET = { CDK_DEFAULT_ACCOUNT: ACCOUNT, CDK_DEFAULT_REGION: REGION } as const;

export interface DeployOptions {
  readonly dir: string;
  /** Path of a configuration file. */
  readonly config: string;
}

/** Bundles and synthesizes into `dir/cdk.out`, as the CDK command would, less its start and cdk-nag (3 s of 8); needs no AWS. */
export async function synthesize({ dir, config }: DeployOptions): Promise<void> {
  const { context } = JSON.parse(await readFile(path.join(REPOSITORY, "cdk.json"), "utf8")) as { context: object };
  await run(process.execPath, [path.join(REPOSITORY, "infra", "app.ts")], {
    log: path.join(dir, "logs", "synth.log"),
    cwd: REPOSITORY,
    env: {
      ...cleanEnvironment(),
      ...TARGET,
      CDK_OUTDIR: path.join(dir, "cdk.out"),
      CDK_CONTEXT_JSON: JSON.stringify({ ...context, [CHECKS_CONTEXT]: "off", [RUNTIME_CONTEXT]: "local" }),
      HOLDFAST_CONFIG: config,
    },
  });
}

export async function bootstrap(dir: string, environment: Readonly<Record<string, string>>): Promise<void> {
  // Without an app: bootstrapping an account is about the account alone.
  await cdk(dir, "bootstrap", ["bootstrap", `aws://${ACCOUNT}/${REGION}`, "--app", ""], environment);
}

/** Deploys what `synthesize` made. */
export async function deploy(dir: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const args = ["deploy", "--all", "--require-approval", "never", "--concurrency", "2", "--progress", "events"];
  await cdk(dir, "deploy", [...args, "--app", path.join(dir, "cdk.out")], environment);
}

/** Deletes both stacks; what they retain stays. */
export async function destroy(dir: string, environment: Readonly<Record<string, string>>): Promise<void> {
  await cdk(dir, "destroy", ["destroy", "--all", "--force", "--app", path.join(dir, "cdk.out")], environment);
}

async function cdk(
  dir: string,
  log: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<void> {
  await run(process.execPath, [CDK, ...args, "--output", path.join(dir, "cdk.out")], {
    log: path.join(dir, "logs", `${log}.log`),
    cwd: REPOSITORY,
    env: {
      ...cleanEnvironment(),
      ...TARGET,
      CDK_DISABLE_CLI_TELEMETRY: "true",
      CI: "true",
      ...environment,
    },
  });
}

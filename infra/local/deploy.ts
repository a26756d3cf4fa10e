/**
 * Deploys a configuration to the local AWS by the same CDK command a person uses for a real account.
 * @module
 */
import path from "node:path";
import { REPOSITORY } from "../bundle.ts";
import { ACCOUNT, cleanEnvironment, REGION } from "./ministack.ts";
import { run } from "./process.ts";

const CDK = path.join(REPOSITORY, "node_modules", "aws-cdk", "bin", "cdk");

export interface DeployOptions {
  readonly dir: string;
  /** Path of a configuration file. */
  readonly config: string;
}

/** Bundles and synthesizes into `dir/cdk.out`; needs no AWS. */
export async function synthesize({ dir, config }: DeployOptions): Promise<void> {
  await cdk(dir, "synth", ["synth", "--quiet", "--app", `"${process.execPath}" infra/app.ts`], {
    HOLDFAST_CONFIG: config,
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
      CDK_DEFAULT_ACCOUNT: ACCOUNT,
      CDK_DEFAULT_REGION: REGION,
      CDK_DISABLE_CLI_TELEMETRY: "true",
      CI: "true",
      ...environment,
    },
  });
}

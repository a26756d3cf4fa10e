/**
 * The whole CDK app of one configuration; apart from `app.ts`, so that tests build it too.
 * @module
 */
import { type App, Tags, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import type { HoldfastConfig } from "../core/config/index.ts";
import type { FunctionAssets } from "./bundle.ts";
import { CHECKS_CONTEXT } from "./context.ts";
import { BackupsStack } from "./stacks/backups-stack.ts";
import { VaultStack } from "./stacks/vault-stack.ts";

export interface BuildOptions {
  readonly config: HoldfastConfig;
  readonly assets: FunctionAssets;
  readonly definitions: Readonly<Record<string, string>>;
  readonly env?: { readonly account?: string; readonly region?: string };
}

export interface HoldfastApp {
  readonly vault: VaultStack;
  readonly backups: BackupsStack;
}

export function buildApp(app: App, { config, assets, definitions, env = {} }: BuildOptions): HoldfastApp {
  const { installation, tags, vault: vaultConfig } = config;
  const vault = new VaultStack(app, "HoldfastVault", {
    stackName: `HoldfastVault-${installation}`,
    description: "Holdfast: vault, catalog, keys and alerts",
    terminationProtection: vaultConfig.retainOnDelete,
    config,
    env,
  });
  const backups = new BackupsStack(app, "HoldfastBackups", {
    stackName: `HoldfastBackups-${installation}`,
    description: "Holdfast: functions, state machines and schedules",
    config,
    vault: vault.resources,
    assets,
    definitions,
    env,
  });
  // What is imported by name tells CDK no order: the vault comes first, and goes last.
  backups.addStackDependency(vault);
  for (const [name, value] of Object.entries(tags)) Tags.of(app).add(name, value);
  // Always on, but for the local AWS, which the same templates have passed for in the tests.
  if (app.node.tryGetContext(CHECKS_CONTEXT) !== "off") {
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app, { verbose: true }));
  }
  return { vault, backups };
}

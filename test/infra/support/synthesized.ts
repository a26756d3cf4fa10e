/** Templates of a configuration, made without bundling anything. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { App } from "aws-cdk-lib";
import { Template } from "aws-cdk-lib/assertions";
import { AwsSolutionsChecks } from "cdk-nag";
import { type HoldfastConfigInput, parseConfig } from "../../../core/config/index.ts";
import { buildApp } from "../../../infra/build.ts";
import { REPOSITORY } from "../../../infra/bundle.ts";
import { placeholderAssets, placeholderBackup, placeholderVerify } from "./placeholders.ts";

/** Feature flags are part of what is deployed. */
const cdk = JSON.parse(readFileSync(path.join(REPOSITORY, "cdk.json"), "utf8")) as { context: Record<string, boolean> };

export interface Synthesized {
  readonly vault: Template;
  readonly backups: Template;
  /** cdk-nag's findings that no acknowledgement covers, `rule at path`. */
  readonly findings: readonly string[];
  /** Stacks that are deployed before the functions', and deleted after it. */
  readonly before: readonly string[];
}

const placeholders = { backup: placeholderBackup, verify: placeholderVerify };

export function synthesize(
  input: HoldfastConfigInput,
  definitions: Readonly<Record<string, string>> = placeholders,
  context: Readonly<Record<string, string>> = {},
): Synthesized {
  const app = new App({ context: { ...cdk.context, ...context } });
  const stacks = buildApp(app, {
    config: parseConfig(input),
    assets: placeholderAssets(),
    definitions,
    env: { account: "111122223333", region: "eu-central-1" },
  });
  const vault = Template.fromStack(stacks.vault);
  const backups = Template.fromStack(stacks.backups);
  return {
    vault,
    backups,
    before: stacks.backups.dependencies.map(({ node }) => node.id),
    // Asked for by few, and longer than all the rest.
    get findings() {
      const report = new AwsSolutionsChecks().validateScope(app);
      return report.violations.flatMap(({ ruleName, violatingResources }) =>
        violatingResources.map(({ constructPath }) => `${ruleName} at ${constructPath}`),
      );
    },
  };
}

const shop = { kind: "postgres", connection: "shop-read" } as const;

export const minimal: HoldfastConfigInput = { configVersion: 1, installation: "small", sources: { shop } };

export const maximal: HoldfastConfigInput = {
  configVersion: 1,
  installation: "large",
  vault: {
    retainOnDelete: true,
    lifecycle: { infrequentAccessAfterDays: 45, glacierAfterDays: 100, deepArchiveAfterDays: null },
    deletedVersionDays: 14,
  },
  networks: {
    office: {
      vpcId: "vpc-0a1b2c3d",
      subnetIds: ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
      securityGroupIds: ["sg-0a1b2c3d"],
    },
  },
  sources: {
    shop: {
      ...shop,
      concurrency: 12,
      schedules: {
        hourly: { expression: "rate(1 hour)" },
        nightly: { expression: "cron(15 2 * * ? *)", timeZone: "Europe/Berlin", enabled: false },
      },
    },
    ledger: { ...shop, connection: "ledger-read", network: "office" },
  },
  targets: {
    drill: { connection: "drill-write", network: "office" },
    elsewhere: { connection: "elsewhere-write" },
  },
  alerts: { emails: ["ops@example.com"] },
  limits: { longestRunMinutes: 90 },
  tags: { team: "data" },
};

/** Every kind of thing there is, more than once where that matters: what docs/PERMISSIONS.md shows and stolen roles are tried on. */
export const representative: HoldfastConfigInput = {
  configVersion: 1,
  installation: "main",
  vault: {
    offlineRecipientPublicKey:
      "-----BEGIN PUBLIC KEY-----\nMIIBojANBgkqhkiG9w0BAQEFAAOCAY8AMIIBigKCAYEA\n-----END PUBLIC KEY-----\n",
  },
  networks: {
    office: { vpcId: "vpc-0a1b2c3d", subnetIds: ["subnet-0a1b2c3d"], securityGroupIds: ["sg-0a1b2c3d"] },
    plant: { vpcId: "vpc-1a1b2c3d", subnetIds: ["subnet-1a1b2c3d"], securityGroupIds: ["sg-1a1b2c3d"] },
  },
  sources: {
    shop: { ...shop, schedules: { nightly: { expression: "cron(15 2 * * ? *)" } } },
    ledger: { ...shop, connection: "ledger-read", network: "office" },
    people: { ...shop, connection: "people-read", network: "office" },
    machines: { ...shop, connection: "machines-read", network: "plant" },
  },
  targets: {
    elsewhere: { connection: "elsewhere-write" },
    drill: { connection: "drill-write", network: "office" },
    rehearsal: { connection: "rehearsal-write", network: "plant" },
  },
  alerts: { emails: ["ops@example.com"] },
};

/**
 * Names of the environment variables through which a stack tells its functions where things are.
 * Constants shared by infra, lambdas and tests, so that a rename cannot half-happen. Values are names and ARNs, never secrets.
 * @module
 */
export const environment = {
  installation: "HOLDFAST_INSTALLATION",
  vaultBucket: "HOLDFAST_VAULT_BUCKET",
  workBucket: "HOLDFAST_WORK_BUCKET",
  catalogTable: "HOLDFAST_CATALOG_TABLE",
  keyArn: "HOLDFAST_KEY_ARN",
  alertTopicArn: "HOLDFAST_ALERT_TOPIC_ARN",
  /** JSON, network → verb → `functionName:version` (`WorkersByNetwork`); `public` is the set outside any VPC. Only Resolve has it. */
  workers: "HOLDFAST_WORKERS",
} as const;

export type EnvironmentKey = keyof typeof environment;
export type EnvironmentName = (typeof environment)[EnvironmentKey];

/** The worker set of sources and targets with public endpoints; no network of a configuration may be called so. */
export const PUBLIC_NETWORK = "public";

/** What `HOLDFAST_WORKERS` holds: verbs in camel case (`dumpChunk`), values usable as `FunctionName` of an invocation. */
export type WorkersByNetwork = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The SSM parameter by which the command line finds an installation. */
export function parameterName(installation: string): string {
  return `/holdfast/${installation}`;
}

/** Secrets of an installation's connections start with this. */
export function secretPrefix(installation: string): string {
  return `holdfast/${installation}/`;
}

/** Where an installation logs: a prefix for which Step Functions' log policy stays short, and a place to find both side by side. */
export function logGroupName(installation: string, of: "functions" | "state-machines"): string {
  return `/aws/vendedlogs/holdfast/${installation}/${of}`;
}

/** What the SSM parameter holds as JSON. */
export interface InstallationParameter {
  readonly schema: 1;
  readonly installation: string;
  /** ARNs by name: `backup`, `restore`, `verify`, `compare`, as far as this version has them. */
  readonly stateMachines: Readonly<Record<string, string>>;
  readonly catalogTable: string;
  readonly vaultBucket: string;
  readonly workBucket: string;
  readonly keyArn: string;
  readonly alertTopicArn: string;
  /** `holdfast/<installation>/` */
  readonly secretPrefix: string;
  /** Ids as configured, so that a wrong one is told before a run is begun for it; absent where there are too many of them. */
  readonly names?: { readonly sources: readonly string[]; readonly connections: readonly string[] } | undefined;
}

/**
 * All functions of an installation: those outside any VPC once, workers once per network, each with its own role and a published version.
 * @module
 */
import { Duration, aws_lambda as lambda, type aws_logs as logs, RemovalPolicy } from "aws-cdk-lib";
import { Construct } from "constructs";
import {
  type EnvironmentKey,
  environment,
  type HoldfastConfig,
  type WorkersByNetwork,
} from "../../core/config/index.ts";
import type { FunctionAssets } from "../bundle.ts";
import { RUNTIME_CONTEXT } from "../context.ts";
import { type FunctionName, type FunctionSpec, functionSpecs } from "../functions.ts";
import { camelCase, pascalCase } from "../names.ts";
import type { VaultResources } from "../stacks/vault-stack.ts";
import { functionRole } from "./function-role.ts";
import { type GrantContext, statements } from "./grants.ts";
import { reachOf } from "./reach.ts";
import { type WorkerSet, workerSets } from "./worker-sets.ts";

export interface FunctionFleetProps {
  readonly config: HoldfastConfig;
  readonly assets: FunctionAssets;
  readonly vault: VaultResources;
  readonly logGroup: logs.ILogGroup;
}

/**
 * Amazon's own authorities, those of RDS among them: since Node 20 the runtime reads them only when told to.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html "CA certificate loading"
 */
const AMAZON_AUTHORITIES = "/var/runtime/ca-cert.pem";

/** Lambda allows 4 KB for a function's whole environment; a worker's entry takes about 100 bytes of it. */
const MOST_NETWORKS = 3;

export class FunctionFleet extends Construct {
  /** Published versions of the functions outside any VPC, by name. */
  readonly versions: ReadonlyMap<FunctionName, lambda.Version>;
  /** All functions of a verb, one per network, by camel-case verb. */
  readonly workers: ReadonlyMap<string, readonly lambda.Function[]>;
  private readonly props: FunctionFleetProps;

  constructor(scope: Construct, id: string, props: FunctionFleetProps) {
    super(scope, id);
    this.props = props;
    const names = (Object.keys(functionSpecs) as FunctionName[]).filter((name) => props.assets[name] !== undefined);
    const sets = workerSets(props.config);
    if (sets.length > MOST_NETWORKS) {
      throw new Error(
        `sources and targets are in ${sets.length} networks, allowed are ${MOST_NETWORKS} per installation`,
      );
    }
    const workerNames = names.filter((name) => functionSpecs[name].network === "worker");
    const addresses: Record<string, Record<string, string>> = {};
    const workers = new Map<string, lambda.Function[]>();
    for (const set of sets) {
      for (const name of workerNames) {
        const worker = this.addFunction(`${pascalCase(set.network)}${pascalCase(name)}`, name, set);
        const verb = camelCase(name);
        workers.set(verb, [...(workers.get(verb) ?? []), worker]);
        addresses[set.network] = { ...addresses[set.network], [verb]: addressOf(worker) };
      }
    }
    this.workers = workers;
    const outside = names.filter((name) => functionSpecs[name].network === "none");
    const nothing = { sources: [], targets: [] };
    const noNetwork = { network: "", ...nothing, secrets: nothing, databaseUsers: nothing };
    this.versions = new Map(
      outside.map((name) => [name, this.addFunction(pascalCase(name), name, noNetwork, addresses).currentVersion]),
    );
  }

  private addFunction(id: string, name: FunctionName, set: WorkerSet, workers: WorkersByNetwork = {}): lambda.Function {
    const { assets, config, vault, logGroup } = this.props;
    const spec = functionSpecs[name];
    const directory = assets[name];
    if (directory === undefined) throw new Error(`function ${name} has no bundle`);
    const context: GrantContext = {
      vault,
      secrets: set.secrets,
      databaseUsers: set.databaseUsers,
      reach: reachOf(spec.role, set),
    };
    const role = functionRole(this, `${id}Role`, {
      statements: statements(this, spec.permissions, context),
      logGroup,
      inVpc: set.vpc !== undefined,
    });
    const fn = new lambda.Function(this, id, {
      description: spec.purpose,
      code: lambda.Code.fromAsset(directory),
      handler: "index.handler",
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: lambda.Architecture.ARM_64,
      timeout: Duration.seconds(spec.timeoutSeconds),
      memorySize: spec.memoryMegabytes,
      role,
      logGroup,
      loggingFormat: lambda.LoggingFormat.JSON,
      applicationLogLevelV2:
        config.observability.logLevel === "debug" ? lambda.ApplicationLogLevel.DEBUG : lambda.ApplicationLogLevel.INFO,
      tracing: lambda.Tracing.ACTIVE,
      environment: this.environmentOf(name, spec, workers),
      // A run keeps calling the versions it began with, through any number of deployments.
      currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN },
    });
    if (set.vpc !== undefined) {
      const resource = fn.node.defaultChild as lambda.CfnFunction;
      resource.vpcConfig = set.vpc;
    }
    return fn;
  }

  private environmentOf(name: FunctionName, spec: FunctionSpec, workers: WorkersByNetwork): Record<string, string> {
    const { config, vault } = this.props;
    const values: Record<EnvironmentKey, string> = {
      installation: config.installation,
      vaultBucket: vault.vaultBucketName,
      workBucket: vault.workBucketName,
      catalogTable: vault.catalogTableName,
      keyArn: vault.keyArn,
      alertTopicArn: vault.alertTopicArn,
      workers: JSON.stringify(workers),
    };
    return {
      NODE_OPTIONS: "--enable-source-maps",
      ...(spec.network === "worker" && this.node.tryGetContext(RUNTIME_CONTEXT) !== "local"
        ? { NODE_EXTRA_CA_CERTS: AMAZON_AUTHORITIES }
        : {}),
      POWERTOOLS_SERVICE_NAME: name,
      // On AWS the function's own setting counts; elsewhere there is none.
      POWERTOOLS_LOG_LEVEL: config.observability.logLevel.toUpperCase(),
      POWERTOOLS_METRICS_NAMESPACE: "Holdfast",
      ...Object.fromEntries(spec.environment.map((key) => [environment[key], values[key]])),
    };
  }
}

/** `functionName:version`: what an invocation takes, at half the length of an ARN. */
function addressOf(worker: lambda.Function): string {
  return `${worker.functionName}:${worker.currentVersion.version}`;
}

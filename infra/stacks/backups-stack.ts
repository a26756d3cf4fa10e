/**
 * HoldfastBackups: everything that can be thrown away and deployed again.
 * @module
 */
import {
  aws_kms as kms,
  type aws_lambda as lambda,
  aws_logs as logs,
  RemovalPolicy,
  Stack,
  type StackProps,
  type aws_stepfunctions as sfn,
  type aws_sqs as sqs,
  aws_ssm as ssm,
} from "aws-cdk-lib";
import type { Construct } from "constructs";
import {
  type HoldfastConfig,
  type InstallationParameter,
  logGroupName,
  parameterName,
  secretPrefix,
} from "../../core/config/index.ts";
import type { FunctionAssets } from "../bundle.ts";
import { Alarms, type Watched } from "../constructs/alarms.ts";
import { CleanupRule } from "../constructs/cleanup-rule.ts";
import { Dashboard } from "../constructs/dashboard.ts";
import { FunctionFleet } from "../constructs/function-fleet.ts";
import { Machine } from "../constructs/machine.ts";
import { deathsMetric } from "../constructs/metrics.ts";
import { Schedules, scheduleGroupName } from "../constructs/schedules.ts";
import { pascalCase } from "../names.ts";
import type { VaultResources } from "./vault-stack.ts";

export interface BackupsStackProps extends StackProps {
  readonly config: HoldfastConfig;
  readonly vault: VaultResources;
  readonly assets: FunctionAssets;
  /** Texts of `statemachines/*.asl.json` by name. */
  readonly definitions: Readonly<Record<string, string>>;
}

/** Workers of a source never copied more at once than its own concurrency says; a Map takes one number for all. */
const DEFAULT_CONCURRENCY = 4;

export class BackupsStack extends Stack {
  private readonly props: BackupsStackProps;
  private readonly machines: ReadonlyMap<string, sfn.StateMachine>;

  constructor(scope: Construct, id: string, props: BackupsStackProps) {
    super(scope, id, props);
    this.props = props;
    const functionLogs = this.logGroup("FunctionLogs", "functions");
    const fleet = new FunctionFleet(this, "Functions", {
      ...props,
      logGroup: functionLogs,
    });
    this.machines = this.addMachines(fleet);
    this.addTriggers(fleet, functionLogs);
    this.addParameter();
  }

  /** Named, so that a machine's role and its functions can name it without waiting for it. */
  private machineName(name: string): string {
    return `holdfast-${this.props.config.installation}-${name}`;
  }

  private machineArn(name: string): string {
    return `arn:${this.partition}:states:${this.region}:${this.account}:stateMachine:${this.machineName(name)}`;
  }

  private logGroup(id: string, name: "functions" | "state-machines"): logs.ILogGroup {
    const { installation, observability } = this.props.config;
    const { logKeyArn } = observability;
    return new logs.LogGroup(this, id, {
      logGroupName: logGroupName(installation, name),
      // The numbers that CloudWatch allows are those of CDK's own list.
      retention: observability.logRetentionDays as logs.RetentionDays,
      ...(logKeyArn === undefined ? {} : { encryptionKey: kms.Key.fromKeyArn(this, `${id}Key`, logKeyArn) }),
      removalPolicy: RemovalPolicy.DESTROY,
    }) as logs.ILogGroup;
  }

  private addMachines(fleet: FunctionFleet): ReadonlyMap<string, sfn.StateMachine> {
    const { vault, config, definitions } = this.props;
    const logGroup = this.logGroup("MachineLogs", "state-machines");
    const names = Object.keys(definitions);
    const machineTokens = Object.fromEntries(
      names.map((name) => [`${pascalCase(name)}Machine`, this.machineArn(name)]),
    );
    const substitutions = {
      WorkBucket: vault.workBucketName,
      VaultBucket: vault.vaultBucketName,
      CatalogTable: vault.catalogTableName,
      AlertTopic: vault.alertTopicArn,
      ...machineTokens,
    };
    const arns = {
      WorkBucket: vault.workBucketArn,
      VaultBucket: vault.vaultBucketArn,
      CatalogTable: vault.catalogTableArn,
      AlertTopic: vault.alertTopicArn,
      ...machineTokens,
    };
    const concurrency =
      Math.max(...Object.values(config.sources).map((source) => source.concurrency), 0) || DEFAULT_CONCURRENCY;
    return new Map(
      Object.entries(definitions).map(([name, definition]) => {
        const { machine } = new Machine(this, pascalCase(name), {
          name,
          machineName: this.machineName(name),
          machineArn: this.machineArn(name),
          definition,
          fleet,
          substitutions,
          arns,
          numbers: { Concurrency: concurrency },
          logGroup,
        });
        return [name, machine];
      }),
    );
  }

  private addTriggers(fleet: FunctionFleet, functionLogs: logs.ILogGroup): void {
    const { config, vault } = this.props;
    const backup = this.machines.get("backup");
    if (backup === undefined) return;
    const { undelivered } = new Schedules(this, "Schedules", { config, backup: backup as sfn.IStateMachine });
    const cleanup = fleet.versions.get("cleanup");
    if (cleanup !== undefined) {
      new CleanupRule(this, "Cleanup", {
        machineArns: [...this.machines.keys()].map((name) => this.machineArn(name)),
        cleanup: cleanup as lambda.IFunction,
        undelivered: undelivered as sqs.IQueue,
      });
    }
    const watched: Watched = {
      installation: config.installation,
      undelivered,
      fleet,
      machines: this.machines,
      catalogTableName: vault.catalogTableName,
      scheduleGroupName: scheduleGroupName(config.installation),
      deaths: deathsMetric(this, functionLogs, config.installation),
      longestRunMinutes: config.limits.longestRunMinutes,
    };
    const alarms = new Alarms(this, "Alarms", { ...watched, alertTopicArn: vault.alertTopicArn });
    if (config.observability.dashboard) {
      const name = logGroupName(config.installation, "functions");
      new Dashboard(this, "Dashboard", { ...watched, config, alarms, logGroupName: name });
    }
  }

  private addParameter(): void {
    const { config, vault } = this.props;
    const parameter: InstallationParameter = {
      schema: 1,
      installation: config.installation,
      stateMachines: Object.fromEntries(
        [...this.machines].map(([name, { stateMachineArn }]) => [name, stateMachineArn]),
      ),
      catalogTable: vault.catalogTableName,
      vaultBucket: vault.vaultBucketName,
      workBucket: vault.workBucketName,
      keyArn: vault.keyArn,
      alertTopicArn: vault.alertTopicArn,
      secretPrefix: secretPrefix(config.installation),
      names: namesOf(config),
    };
    new ssm.StringParameter(this, "Installation", {
      parameterName: parameterName(config.installation),
      description: "Where the holdfast command finds this installation",
      stringValue: this.toJsonString(parameter),
    });
  }
}

/** A parameter holds 4 KB for nothing; ARNs take up to half of it. */
const MOST_NAME_CHARACTERS = 1500;

function namesOf({ sources, targets }: HoldfastConfig): InstallationParameter["names"] {
  const connections = [...Object.values(sources), ...Object.values(targets)].map(({ connection }) => connection);
  const names = { sources: Object.keys(sources), connections: [...new Set(connections)] };
  return JSON.stringify(names).length > MOST_NAME_CHARACTERS ? undefined : names;
}

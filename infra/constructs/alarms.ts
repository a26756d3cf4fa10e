/**
 * Alarms as data: one row each says what is watched, from which value on, and which section of docs/RUNBOOK.md says what to do.
 * They watch what Holdfast cannot report itself; a failed run is besides told by its own alert, by another way.
 * @module
 */
import {
  aws_cloudwatch_actions as actions,
  aws_cloudwatch as cloudwatch,
  Duration,
  type aws_lambda as lambda,
  type aws_stepfunctions as sfn,
  aws_sns as sns,
  type aws_sqs as sqs,
} from "aws-cdk-lib";
import { Construct } from "constructs";
import type { FunctionName } from "../functions.ts";
import { functionSpecs } from "../functions.ts";
import { camelCase, pascalCase } from "../names.ts";
import type { FunctionFleet } from "./function-fleet.ts";
import { awsMetric, holdfastMetric } from "./metrics.ts";

export interface Watched {
  readonly installation: string;
  readonly undelivered: sqs.Queue;
  readonly fleet: FunctionFleet;
  /** By name: `backup`, … */
  readonly machines: ReadonlyMap<string, sfn.StateMachine>;
  readonly catalogTableName: string;
  readonly scheduleGroupName: string;
  /** Calls that ended without an answer, of all functions. */
  readonly deaths: cloudwatch.Metric;
  readonly longestRunMinutes: number;
}

export interface AlarmSpec {
  /** What the reader of the alert wants to know first. */
  readonly says: string;
  /** Of each metric within the period; or what it is from the figures of the installation. */
  readonly threshold: number | ((watched: Watched, name: string) => number);
  readonly statistic: "Sum" | "Maximum";
  readonly minutes: number;
  /** So many periods in a row; absent: one. */
  readonly periods?: number;
  /** One alarm for each metric, by what tells them apart; the empty name for one that stands alone. */
  metrics(watched: Watched): Readonly<Record<string, cloudwatch.Metric | undefined>>;
}

/** Of its time limit: what must be done in one call is then one growth of the database away from never ending again. */
const NEAR_TIMEOUT = 0.8;
/** Retries cure these; so many are more than a moment of bad luck. */
const MANY_THROTTLES = 100;
const MANY_DEATHS = 3;

/** By the section of the runbook. */
export const alarms: Readonly<Record<string, AlarmSpec>> = {
  undelivered: {
    says: "A scheduled backup was never started, or a failed run never cleaned up",
    threshold: 1,
    statistic: "Maximum",
    minutes: 5,
    metrics: ({ undelivered }) => ({ "": undelivered.metricApproximateNumberOfMessagesVisible() }),
  },
  "schedule-fails": {
    says: "Backups cannot be started on schedule",
    threshold: 1,
    statistic: "Sum",
    minutes: 5,
    periods: 3,
    metrics: ({ scheduleGroupName: ScheduleGroup }) => ({
      "": awsMetric("AWS/Scheduler", "TargetErrorCount", { ScheduleGroup }),
    }),
  },
  "run-failed": {
    says: "A run failed",
    threshold: 1,
    statistic: "Sum",
    minutes: 5,
    metrics: ({ machines }) => ofEach(machines, (machine) => machine.metricFailed()),
  },
  "run-timed-out": {
    says: "A run took longer than a state machine may, and was ended",
    threshold: 1,
    statistic: "Sum",
    minutes: 5,
    metrics: ({ machines }) => ofEach(machines, (machine) => machine.metricTimedOut()),
  },
  "slow-backup": {
    says: "A backup took longer than limits.longestRunMinutes",
    threshold: ({ longestRunMinutes }) => Duration.minutes(longestRunMinutes).toMilliseconds(),
    statistic: "Maximum",
    minutes: 5,
    metrics: ({ machines }) => ({ "": machines.get("backup")?.metricTime() }),
  },
  "damage-found": {
    says: "Stored or read bytes are not what they should be",
    threshold: 1,
    statistic: "Sum",
    minutes: 5,
    metrics: ({ installation }) => ({ "": holdfastMetric("RunErrors", { installation, error: "IntegrityError" }) }),
  },
  "cleanup-fails": {
    says: "Cleaning up after a failed run failed",
    threshold: 1,
    statistic: "Sum",
    minutes: 5,
    metrics: ({ fleet }) => ({ "": functionsOf(fleet, ["cleanup"])[0]?.[1].metricErrors() }),
  },
  "function-died": {
    says: "Functions end without an answer: out of time or memory, or killed",
    threshold: MANY_DEATHS,
    statistic: "Sum",
    minutes: 60,
    metrics: ({ deaths }) => ({ "": deaths }),
  },
  "near-timeout": {
    says: "What has to be done in one call of a function nearly was not",
    threshold: (_watched, name) => timeoutMillis(name) * NEAR_TIMEOUT,
    statistic: "Maximum",
    minutes: 5,
    metrics: ({ fleet }) =>
      Object.fromEntries(
        functionsOf(fleet, ["upload", "plan-dump", "prepare-restore", "judge", "judge-restore", "record"]).map(
          ([name, fn]) => [name, fn.metricDuration()],
        ),
      ),
  },
  "workers-throttled": {
    says: "Lambda refuses to start workers: the account's concurrency is used up",
    threshold: MANY_THROTTLES,
    statistic: "Sum",
    minutes: 15,
    metrics: ({ fleet }) =>
      Object.fromEntries(
        functionsOf(fleet, ["dump-chunk", "load-chunk"]).map(([name, fn]) => [name, fn.metricThrottles()]),
      ),
  },
  "catalog-throttled": {
    says: "DynamoDB refuses requests of the catalog",
    threshold: MANY_THROTTLES,
    statistic: "Sum",
    minutes: 15,
    metrics: ({ catalogTableName: TableName }) => ({
      Reads: awsMetric("AWS/DynamoDB", "ReadThrottleEvents", { TableName }),
      Writes: awsMetric("AWS/DynamoDB", "WriteThrottleEvents", { TableName }),
    }),
  },
};

export interface AlarmsProps extends Watched {
  readonly alertTopicArn: string;
}

export class Alarms extends Construct {
  readonly all: readonly cloudwatch.Alarm[];

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const action = new actions.SnsAction(sns.Topic.fromTopicArn(this, "Topic", props.alertTopicArn));
    this.all = Object.entries(alarms).flatMap(([section, spec]) =>
      Object.entries(spec.metrics(props)).flatMap(([name, metric]) =>
        metric === undefined ? [] : [this.add(section, spec, name, metric, props, action)],
      ),
    );
  }

  private add(
    section: string,
    spec: AlarmSpec,
    name: string,
    metric: cloudwatch.Metric,
    watched: Watched,
    action: cloudwatch.IAlarmAction,
  ): cloudwatch.Alarm {
    const { threshold, statistic, minutes, periods = 1, says } = spec;
    const of = name === "" ? "" : ` (${name})`;
    const alarm = new cloudwatch.Alarm(this, `${pascalCase(section)}${pascalCase(name)}`, {
      alarmDescription: `Holdfast ${watched.installation}: ${says}${of}. What to do: docs/RUNBOOK.md#${section}`,
      metric: metric.with({ period: Duration.minutes(minutes), statistic }) as cloudwatch.IMetric,
      threshold: typeof threshold === "number" ? threshold : threshold(watched, name),
      evaluationPeriods: periods,
      comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(action);
    return alarm;
  }
}

function ofEach(
  machines: Watched["machines"],
  metric: (machine: sfn.StateMachine) => cloudwatch.Metric,
): Record<string, cloudwatch.Metric> {
  return Object.fromEntries([...machines].map(([name, machine]) => [name, metric(machine)]));
}

/** `upload`, and workers once per network: `plan-dump`, `plan-dump-2`. */
export function functionsOf(
  fleet: FunctionFleet,
  names: readonly FunctionName[],
): readonly (readonly [string, lambda.Function])[] {
  return names.flatMap((name): (readonly [string, lambda.Function])[] => {
    const outside = fleet.versions.get(name)?.lambda as lambda.Function | undefined;
    if (outside !== undefined) return [[name, outside]];
    const workers = fleet.workers.get(camelCase(name)) ?? [];
    return workers.map((worker, index) => [index === 0 ? name : `${name}-${index + 1}`, worker]);
  });
}

function timeoutMillis(name: string): number {
  const spec = functionSpecs[name.replace(/-\d+$/, "") as FunctionName];
  return Duration.seconds(spec.timeoutSeconds).toMilliseconds();
}

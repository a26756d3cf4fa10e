/**
 * One page per installation: what ran, what it came to, how long it took, what went wrong, and where it is near a limit.
 * @module
 */
import { aws_cloudwatch as cloudwatch, Duration } from "aws-cdk-lib";
import { Construct } from "constructs";
import type { HoldfastConfig } from "../../core/config/index.ts";
import { type MetricName, metrics, OTHER_ERROR } from "../../core/config/metrics.ts";
import { errorClasses } from "../../core/errors.ts";
import { type Alarms, functionsOf, type Watched } from "./alarms.ts";
import { awsMetric, holdfastMetric } from "./metrics.ts";

export interface DashboardProps extends Watched {
  readonly config: HoldfastConfig;
  readonly alarms: Alarms;
  /** Of the functions. */
  readonly logGroupName: string;
}

const WIDTH = 24;
const THIRD = WIDTH / 3;
const HALF = WIDTH / 2;
/** A graph shows as many lines at most, by CloudWatch's own limit. */
const MOST_LINES = 500;
const HOUR = Duration.hours(1);

export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    new cloudwatch.Dashboard(this, "Page", {
      dashboardName: `Holdfast-${props.installation}`,
      defaultInterval: Duration.days(7),
      periodOverride: cloudwatch.PeriodOverride.INHERIT,
      widgets: [headOf(props), runsOf(props), sizesOf(props), errorsOf(props), machineryOf(props), [lastRuns(props)]],
    });
  }
}

function headOf({ installation, alarms }: DashboardProps): cloudwatch.IWidget[] {
  const markdown = `# Holdfast ${installation}\n\`holdfast runs\`, \`holdfast logs RUN --errors\`, docs/RUNBOOK.md. Times in UTC.`;
  return [
    new cloudwatch.TextWidget({ markdown, width: THIRD, height: 3 }),
    new cloudwatch.AlarmStatusWidget({ title: "Alarms", alarms: [...alarms.all], width: 2 * THIRD, height: 3 }),
  ];
}

function runsOf({ installation, config, machines }: DashboardProps): cloudwatch.IWidget[] {
  const counters = ["RunsSucceeded", "RunsFailed", "RunsSkipped"] as const;
  const metric = (name: MetricName) => holdfastMetric(name, { installation });
  return [
    new cloudwatch.SingleValueWidget({
      title: "Runs in the time shown",
      setPeriodToTimeRange: true,
      metrics: counters.map((name) => metric(name).with({ statistic: "Sum", label: name })),
      width: THIRD,
      height: 6,
    }),
    graph(
      "Runs of all kinds",
      counters.map((name) => line(metric(name), "Sum", name)),
      THIRD,
    ),
    graph(
      "How long runs took",
      Object.keys(config.sources).flatMap((source) =>
        [...machines.keys()].map((kind) =>
          line(holdfastMetric("RunSeconds", { installation, source, kind }), "Maximum", `${kind} of ${source}`),
        ),
      ),
      THIRD,
      metrics.RunSeconds.unit,
    ),
  ];
}

function sizesOf({ installation, config }: DashboardProps): cloudwatch.IWidget[] {
  const sources = Object.keys(config.sources);
  const perSource = (name: MetricName, statistic: Statistic) =>
    sources.map((source) => line(holdfastMetric(name, { installation, source, kind: "backup" }), statistic, source));
  return [
    graph("Stored per backup", perSource("RestorePointStoredBytes", "Maximum"), THIRD, "Bytes"),
    graph("Rows per backup", perSource("RestorePointRows", "Maximum"), THIRD),
    graph("Age of the snapshot at the commit", perSource("SnapshotAgeSeconds", "Maximum"), THIRD, "Seconds"),
  ];
}

function errorsOf({ installation, config }: DashboardProps): cloudwatch.IWidget[] {
  const names = [...Object.keys(errorClasses), OTHER_ERROR];
  const perError = (name: MetricName) =>
    names.map((error) => line(holdfastMetric(name, { installation, error }), "Sum", error));
  const retries = Object.keys(config.sources).map((source) =>
    line(holdfastMetric("ChunkRetries", { installation, source, kind: "backup" }), "Sum", source),
  );
  return [
    graph("Failed runs by error", perError("RunErrors"), THIRD),
    graph("Failed steps by error, tried again or not", perError("StepErrors"), THIRD),
    graph("Chunks tried again in backups", retries, THIRD),
  ];
}

function machineryOf(props: DashboardProps): cloudwatch.IWidget[] {
  const { fleet, deaths, undelivered, catalogTableName: TableName } = props;
  const workers = functionsOf(fleet, ["hold", "dump-chunk", "load-chunk", "compare-tables", "verify-chunk"]);
  return [
    graph(
      "Workers at once",
      workers.map(([name, fn]) => line(fn.metric("ConcurrentExecutions"), "Maximum", name)),
      HALF,
    ),
    graph(
      "What should be zero",
      [
        line(deaths, "Sum", "functions that died"),
        line(undelivered.metricApproximateNumberOfMessagesVisible(), "Maximum", "undelivered"),
        line(awsMetric("AWS/DynamoDB", "ReadThrottleEvents", { TableName }), "Sum", "throttled reads"),
        line(awsMetric("AWS/DynamoDB", "WriteThrottleEvents", { TableName }), "Sum", "throttled writes"),
        ...workers.map(([name, fn]) => line(fn.metricThrottles(), "Sum", `${name} throttled`)),
      ],
      HALF,
    ),
  ];
}

/** Also when the last good backup was: the lines are those of the catalog and the alerts. */
function lastRuns({ logGroupName }: DashboardProps): cloudwatch.IWidget {
  return new cloudwatch.LogQueryWidget({
    title: "The last runs and how they ended",
    logGroupNames: [logGroupName],
    queryLines: [
      "fields @timestamp, status, line, runId",
      'filter message = "run ended"',
      "sort @timestamp desc",
      "limit 50",
    ],
    width: WIDTH,
    height: 8,
  });
}

type Statistic = "Sum" | "Maximum";

function line(metric: cloudwatch.Metric, statistic: Statistic, label: string): cloudwatch.Metric {
  return metric.with({ statistic, label, period: HOUR });
}

function graph(
  title: string,
  left: readonly cloudwatch.Metric[],
  width: number,
  label = "Count",
): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({
    title,
    left: left.slice(0, MOST_LINES),
    leftYAxis: { min: 0, label, showUnits: false },
    legendPosition: cloudwatch.LegendPosition.BOTTOM,
    width,
    height: 6,
  });
}

/**
 * Metrics as alarms and the dashboard name them.
 * @module
 */
import { aws_cloudwatch as cloudwatch, aws_logs as logs } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { type MetricName, NAMESPACE } from "../../core/config/metrics.ts";

/** One of the table in core/config/metrics.ts. */
export function holdfastMetric(
  metricName: MetricName,
  dimensionsMap: Readonly<Record<string, string>>,
): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace: NAMESPACE, metricName, dimensionsMap: { ...dimensionsMap } });
}

export function awsMetric(
  namespace: string,
  metricName: string,
  dimensionsMap: Readonly<Record<string, string>>,
): cloudwatch.Metric {
  return new cloudwatch.Metric({ namespace, metricName, dimensionsMap: { ...dimensionsMap } });
}

/**
 * Calls that ended without an answer, counted from Lambda's own reports: what is killed reports nothing itself, and Lambda's
 * metric `Errors` counts every error that a state machine then tries again. `failure`: the process ended.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html "platform.report", "Status"
 */
export function deathsMetric(scope: Construct, logGroup: logs.ILogGroup, installation: string): cloudwatch.Metric {
  const timedOut = logs.FilterPattern.stringValue("$.record.status", "=", "timeout");
  const ended = logs.FilterPattern.stringValue("$.record.status", "=", "failure");
  const filter = new logs.MetricFilter(scope, "Deaths", {
    logGroup,
    filterPattern: logs.FilterPattern.all(
      logs.FilterPattern.stringValue("$.type", "=", "platform.report"),
      logs.FilterPattern.any(timedOut, ended),
    ),
    // A filter's metric takes no dimension that does not stand in the line.
    metricNamespace: `${NAMESPACE}/${installation}`,
    metricName: "FunctionDeaths",
    metricValue: "1",
  });
  return filter.metric();
}

/**
 * Alarms on what Holdfast cannot report itself: it did not start, it could not clean up, it took too long.
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

export interface AlarmsProps {
  readonly alertTopicArn: string;
  readonly undelivered: sqs.Queue;
  readonly cleanup?: lambda.Function;
  readonly backup?: sfn.StateMachine;
  readonly longestRunMinutes: number;
}

export class Alarms extends Construct {
  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    const action = new actions.SnsAction(sns.Topic.fromTopicArn(this, "Topic", props.alertTopicArn));
    const period = Duration.minutes(5);
    const add = (name: string, alarmDescription: string, metric: cloudwatch.Metric, threshold = 1) =>
      new cloudwatch.Alarm(this, name, {
        alarmDescription,
        metric: metric as cloudwatch.IMetric,
        threshold,
        evaluationPeriods: 1,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      }).addAlarmAction(action);

    add(
      "Undelivered",
      "A scheduled backup was never started, or a failed run never cleaned up: see docs/RUNBOOK.md#undelivered",
      props.undelivered.metricApproximateNumberOfMessagesVisible({ period, statistic: "Maximum" }),
    );
    if (props.cleanup !== undefined) {
      add(
        "CleanupFails",
        "Cleaning up after a failed run failed: see docs/RUNBOOK.md#cleanup-fails",
        props.cleanup.metricErrors({ period }),
      );
    }
    if (props.backup !== undefined) {
      add(
        "SlowBackup",
        `A backup took longer than ${props.longestRunMinutes} minutes: see docs/RUNBOOK.md#slow-backup`,
        props.backup.metricTime({ period, statistic: "Maximum" }),
        Duration.minutes(props.longestRunMinutes).toMilliseconds(),
      );
    }
  }
}

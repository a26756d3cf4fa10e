/**
 * What starts backups: one EventBridge schedule per schedule of a source. A start that could not be delivered ends in a queue with an alarm.
 * @module
 */
import {
  Duration,
  RemovalPolicy,
  aws_scheduler as scheduler,
  type aws_stepfunctions as sfn,
  aws_sqs as sqs,
  TimeZone,
  aws_scheduler_targets as targets,
} from "aws-cdk-lib";
import { Construct } from "constructs";
import type { HoldfastConfig } from "../../core/config/index.ts";
import { acknowledge } from "../acknowledge.ts";

/** An hourly backup that could not be started for an hour is the next one's business. */
const OLDEST_START = Duration.hours(1);
/** Scheduler backs off by itself; within the hour it gets no further than this. */
const START_ATTEMPTS = 20;

export interface SchedulesProps {
  readonly config: HoldfastConfig;
  readonly backup: sfn.IStateMachine;
}

export class Schedules extends Construct {
  /** Starts that were given up; empty unless something is wrong. */
  readonly undelivered: sqs.Queue;

  constructor(scope: Construct, id: string, props: SchedulesProps) {
    super(scope, id);
    this.undelivered = undeliveredQueue(this, "Undelivered");
    const group = new scheduler.ScheduleGroup(this, "Group", {
      scheduleGroupName: scheduleGroupName(props.config.installation),
      // CDK retains it by default; its name would then be taken when the stack is deployed again.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    for (const [source, { schedules }] of Object.entries(props.config.sources)) {
      for (const [name, schedule] of Object.entries(schedules)) {
        new scheduler.Schedule(this, `${source}.${name}`, {
          scheduleName: `${source}.${name}`,
          description: `Backs up ${source}`,
          scheduleGroup: group as scheduler.IScheduleGroup,
          schedule: scheduler.ScheduleExpression.expression(schedule.expression, TimeZone.of(schedule.timeZone)),
          enabled: schedule.enabled,
          target: new targets.StepFunctionsStartExecution(props.backup, {
            // The moment it was due identifies a delivery: the same one twice starts one run.
            input: scheduler.ScheduleTargetInput.fromObject({
              source,
              reason: `schedule ${name}`,
              author: "schedule",
              scheduledAt: scheduler.ContextAttribute.scheduledTime,
            }),
            retryAttempts: START_ATTEMPTS,
            maxEventAge: OLDEST_START,
            deadLetterQueue: this.undelivered as sqs.IQueue,
          }),
        });
      }
    }
  }
}

export function scheduleGroupName(installation: string): string {
  return `holdfast-${installation}`;
}

export function undeliveredQueue(scope: Construct, id: string): sqs.Queue {
  const queue = new sqs.Queue(scope, id, {
    encryption: sqs.QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
  });
  acknowledge(queue, "AwsSolutions-SQS3", "This queue is itself where undelivered events end; an alarm watches it.");
  return queue;
}

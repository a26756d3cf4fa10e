/**
 * What happens when an execution ends badly: StopExecution and time-outs run no Catch, so an event calls the cleanup function.
 * @module
 */
import {
  Duration,
  aws_events as events,
  type aws_lambda as lambda,
  type aws_sqs as sqs,
  aws_events_targets as targets,
} from "aws-cdk-lib";
import { Construct } from "constructs";

export interface CleanupRuleProps {
  readonly machineArns: readonly string[];
  readonly cleanup: lambda.IFunction;
  readonly undelivered: sqs.IQueue;
}

export class CleanupRule extends Construct {
  constructor(scope: Construct, id: string, props: CleanupRuleProps) {
    super(scope, id);
    new events.Rule(this, "Rule", {
      description: "Calls cleanup after an execution that failed, timed out or was stopped",
      eventPattern: {
        source: ["aws.states"],
        detailType: ["Step Functions Execution Status Change"],
        detail: { status: ["FAILED", "TIMED_OUT", "ABORTED"], stateMachineArn: [...props.machineArns] },
      },
      targets: [
        new targets.LambdaFunction(props.cleanup, {
          retryAttempts: 10,
          maxEventAge: Duration.hours(6),
          deadLetterQueue: props.undelivered,
        }),
      ],
    });
  }
}

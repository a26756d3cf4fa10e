/**
 * Where alerts go. An encrypted topic drops what a service publishes unless its key admits that service, without a word.
 * @module
 */
import {
  aws_iam as iam,
  aws_kms as kms,
  type RemovalPolicy,
  Stack,
  aws_sns as sns,
  aws_sns_subscriptions as subscriptions,
} from "aws-cdk-lib";
import { Construct } from "constructs";

/** Who besides our functions publishes: alarms, rules, schedules. */
const PUBLISHERS = ["cloudwatch.amazonaws.com", "events.amazonaws.com", "scheduler.amazonaws.com"] as const;

export interface AlertTopicProps {
  readonly installation: string;
  readonly emails: readonly string[];
  readonly removalPolicy: RemovalPolicy;
}

export class AlertTopic extends Construct {
  readonly topic: sns.Topic;
  readonly key: kms.Key;

  constructor(scope: Construct, id: string, props: AlertTopicProps) {
    super(scope, id);
    this.key = new kms.Key(this, "Key", {
      description: `Alerts of Holdfast ${props.installation}`,
      enableKeyRotation: true,
      removalPolicy: props.removalPolicy,
    });
    const principals = PUBLISHERS.map((service) => new iam.ServicePrincipal(service));
    this.key.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: "ServicesThatPublishAlerts",
        principals,
        actions: ["kms:Decrypt", "kms:GenerateDataKey*"],
        resources: ["*"],
        // Not on behalf of other accounts; EventBridge may not say on whose, and an alert must not be dropped for that.
        conditions: { StringEqualsIfExists: { "aws:SourceAccount": Stack.of(this).account } },
      }),
    );
    this.topic = new sns.Topic(this, "Topic", {
      displayName: `Holdfast ${props.installation}`,
      masterKey: this.key,
      enforceSSL: true,
    });
    // EventBridge does not support conditions here, per its documentation of resource-based policies for SNS.
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: "EventsPublish",
        principals: [new iam.ServicePrincipal("events.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [this.topic.topicArn],
      }),
    );
    this.topic.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: "AlarmsPublish",
        principals: [new iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Stack.of(this).account } },
      }),
    );
    for (const email of props.emails) this.topic.addSubscription(new subscriptions.EmailSubscription(email));
  }
}

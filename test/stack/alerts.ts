/** A subscriber of the alert topic, as a person's mailbox would be. */
import { SubscribeCommand, UnsubscribeCommand } from "@aws-sdk/client-sns";
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SetQueueAttributesCommand,
} from "@aws-sdk/client-sqs";
import { inject } from "vitest";
import { clients } from "../support/stack.ts";

export interface Alert {
  readonly Subject: string;
  readonly Message: string;
}

export async function subscribeToAlerts(name: string) {
  const { alertTopicArn } = inject("stack").parameter;
  const { QueueUrl = "" } = await clients.sqs().send(new CreateQueueCommand({ QueueName: `alerts-of-${name}` }));
  const attributes = await clients
    .sqs()
    .send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ["QueueArn"] }));
  const queueArn = attributes.Attributes?.QueueArn ?? "";
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Principal: { Service: "sns.amazonaws.com" }, Action: "sqs:SendMessage", Resource: queueArn },
    ],
  });
  await clients.sqs().send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  const { SubscriptionArn = "" } = await clients.sns().send(
    new SubscribeCommand({
      TopicArn: alertTopicArn,
      Protocol: "sqs",
      Endpoint: queueArn,
      ReturnSubscriptionArn: true,
    }),
  );
  const seen: Alert[] = [];

  return {
    /** The alert that names a run; the test's own time limit ends a wait in vain. */
    async about(runId: string): Promise<Alert> {
      for (;;) {
        const found = seen.find(({ Message }) => Message.includes(runId));
        if (found !== undefined) return found;
        const { Messages = [] } = await clients
          .sqs()
          .send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }));
        seen.push(...Messages.map(({ Body = "{}" }) => JSON.parse(Body) as Alert));
      }
    },
    /** Those that came so far. */
    seen: (): readonly Alert[] => seen,
    async end(): Promise<void> {
      await clients.sns().send(new UnsubscribeCommand({ SubscriptionArn }));
      await clients.sqs().send(new DeleteQueueCommand({ QueueUrl }));
    },
  };
}

/**
 * The AWS clients of the command, by the ordinary credential chain.
 * @module
 */
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SSMClient } from "@aws-sdk/client-ssm";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { callOptions, objectOptions } from "../../core/aws/client-options.ts";

export interface Clients {
  readonly ssm: SSMClient;
  readonly sfn: SFNClient;
  readonly secrets: SecretsManagerClient;
  readonly logs: CloudWatchLogsClient;
  readonly documents: DynamoDBDocumentClient;
}

/** Region, credentials and AWS_ENDPOINT_URL are read by the clients themselves. */
export function createClients(): Clients {
  return {
    ssm: new SSMClient(callOptions),
    sfn: new SFNClient(callOptions),
    secrets: new SecretsManagerClient(callOptions),
    // A search answers when it has looked, not at once.
    logs: new CloudWatchLogsClient({ ...callOptions, requestHandler: objectOptions.requestHandler }),
    documents: DynamoDBDocumentClient.from(new DynamoDBClient(callOptions), {
      marshallOptions: { removeUndefinedValues: true },
    }),
  };
}

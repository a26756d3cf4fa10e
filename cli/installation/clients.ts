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
    ssm: new SSMClient({}),
    sfn: new SFNClient({}),
    secrets: new SecretsManagerClient({}),
    logs: new CloudWatchLogsClient({}),
    documents: DynamoDBDocumentClient.from(new DynamoDBClient({}), {
      marshallOptions: { removeUndefinedValues: true },
    }),
  };
}

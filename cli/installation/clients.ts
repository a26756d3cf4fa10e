/**
 * The AWS clients of the command, by the ordinary credential chain.
 * @module
 */
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { S3Client } from "@aws-sdk/client-s3";
import { SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SSMClient } from "@aws-sdk/client-ssm";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Clients {
  readonly ssm: SSMClient;
  readonly sfn: SFNClient;
  readonly secrets: SecretsManagerClient;
  readonly documents: DynamoDBDocumentClient;
}

/** Region, credentials and AWS_ENDPOINT_URL are read by the clients themselves. */
export function createClients(): Clients {
  return {
    ssm: new SSMClient({}),
    sfn: new SFNClient({}),
    secrets: new SecretsManagerClient({}),
    documents: DynamoDBDocumentClient.from(new DynamoDBClient({})),
  };
}

/** A local AWS has no host name for each bucket, so its S3 is addressed by path. */
export function createS3(env: Environment): S3Client {
  return new S3Client({ forcePathStyle: env.AWS_ENDPOINT_URL !== undefined });
}

export function createKms(): KMSClient {
  return new KMSClient({});
}

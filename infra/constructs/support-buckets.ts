/**
 * Buckets beside the vault: what state machines read during a run, and who read what.
 * @module
 */
import { Duration, type RemovalPolicy, aws_s3 as s3 } from "aws-cdk-lib";
import type { Construct } from "constructs";
import { acknowledge } from "../acknowledge.ts";

/** A run's lists of chunk numbers; the longest run is a day. */
const WORK_DAYS = 7;
/** Long enough to look back over a year of restore points. */
const ACCESS_LOG_DAYS = 400;

const closed = {
  encryption: s3.BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  minimumTLSVersion: 1.2,
  blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
} as const;

/** No versions and no lock: nothing in it is worth keeping. */
export function workBucket(
  scope: Construct,
  id: string,
  accessLogs: s3.IBucket,
  removalPolicy: RemovalPolicy,
): s3.Bucket {
  return new s3.Bucket(scope, id, {
    ...closed,
    serverAccessLogsBucket: accessLogs,
    serverAccessLogsPrefix: "work/",
    lifecycleRules: [
      {
        id: "forget",
        expiration: Duration.days(WORK_DAYS),
        abortIncompleteMultipartUploadAfter: Duration.days(1),
      },
    ],
    removalPolicy,
  });
}

export function accessLogsBucket(scope: Construct, id: string, removalPolicy: RemovalPolicy): s3.IBucket {
  const bucket = new s3.Bucket(scope, id, {
    ...closed,
    lifecycleRules: [{ id: "forget", expiration: Duration.days(ACCESS_LOG_DAYS) }],
    removalPolicy,
  });
  acknowledge(
    bucket,
    "AwsSolutions-S1",
    "This bucket holds the access logs of the others; its own would grow without end.",
  );
  // CDK is not written for exact optional properties: its class lacks an `undefined` its interface needs.
  return bucket as s3.IBucket;
}

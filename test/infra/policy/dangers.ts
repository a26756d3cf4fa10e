/**
 * What would lose a restore point, or what keeps one from being lost: requests that no role of Holdfast may make. Beside each group,
 * what it would do.
 */
import type { Attempt } from "./stolen.ts";

const REGION = "eu-central-1:111122223333";
const bucket = "arn:aws:s3:::VaultBucket";
const point = "shop/full/2026-11-21/20261121T021500Z-7k3f9q2mxa";
export const keys = {
  marker: "v1/vault.json",
  envelope: `v1/meta/${point}/keys/0001.json`,
  laterEnvelope: `v1/meta/${point}/keys/0002.json`,
  schema: `v1/meta/${point}/schema/archive`,
  manifest: `v1/meta/${point}/manifest`,
  manifestPart: `v1/meta/${point}/manifest-parts/0001.1`,
  summary: `v1/meta/${point}/summary.json`,
  data: `v1/data/${point}/00001.1`,
  report: "v1/reports/compare/2026/11/21/shop.json",
  audit: "v1/audit/2026/11/21/shop-20261121T021500Z-7k3f9q2mxa.ended.json",
} as const;
export const objectArn = (key: string): string => `${bucket}/${key}`;

const objects = Object.values(keys).map(objectArn);
const all = (actions: readonly string[], resources: readonly string[], context: Attempt["context"] = {}): Attempt[] =>
  actions.flatMap((action) => resources.map((resource) => ({ action, resource, context })));

/** A request that S3 itself refuses where there is an object already. */
export const CREATING = { "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true" } as const;

const envelopeKey = [`arn:aws:kms:${REGION}:key/EnvelopeKey`];
const catalog = [`arn:aws:dynamodb:${REGION}:table/Catalog`];
const roles = [`arn:aws:iam::111122223333:role/FunctionsUploadRole`];
const functions = [`arn:aws:lambda:${REGION}:function:FunctionsUpload`];
const machines = [`arn:aws:states:${REGION}:stateMachine:holdfast-main-backup`];
const secrets = [`arn:aws:secretsmanager:${REGION}:secret:holdfast/main/shop-read-AbCdEf`];
const rules = [`arn:aws:events:${REGION}:rule/CleanupRule`];
const topics = [`arn:aws:sns:${REGION}:AlertsTopic`];
const groups = [`arn:aws:logs:${REGION}:log-group:/aws/vendedlogs/holdfast/main/functions:*`];

export const dangers: Readonly<Record<string, readonly Attempt[]>> = {
  "deletes what is stored, or a version of it": all(
    ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectTagging", "s3:PutObjectVersionTagging"],
    objects,
  ),
  "buries an object under another one": [
    ...all(["s3:PutObject"], objects, { "s3:ObjectCreationOperation": "true" }),
    ...all(["s3:PutObject"], objects, { "s3:ObjectCreationOperation": "true", "s3:if-match": "etag" }),
    ...all(["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"], objects),
  ],
  "lifts the protection of objects": [
    ...all(
      ["s3:BypassGovernanceRetention", "s3:PutObjectRetention", "s3:PutObjectLegalHold", "s3:PutObjectAcl"],
      objects,
    ),
    ...all(["s3:ObjectOwnerOverrideToBucketOwner"], objects),
  ],
  "locks what it writes under a key of its own": [
    ...all(["s3:PutObject"], objects, {
      ...CREATING,
      "s3:x-amz-server-side-encryption": "aws:kms",
      "s3:x-amz-server-side-encryption-aws-kms-key-id": `arn:aws:kms:${REGION}:key/TheThiefs`,
    }),
    ...all(["s3:PutObject"], objects, { ...CREATING, "s3:x-amz-server-side-encryption": "aws:kms:dsse" }),
    ...all(["s3:PutObject"], objects, { ...CREATING, "s3:x-amz-server-side-encryption-customer-algorithm": "AES256" }),
  ],
  "changes the bucket": all(
    [
      "s3:DeleteBucket",
      "s3:PutBucketPolicy",
      "s3:DeleteBucketPolicy",
      "s3:PutLifecycleConfiguration",
      "s3:PutBucketVersioning",
      "s3:PutBucketObjectLockConfiguration",
      "s3:PutReplicationConfiguration",
      "s3:PutEncryptionConfiguration",
      "s3:PutBucketPublicAccessBlock",
      "s3:PutBucketOwnershipControls",
      "s3:PutBucketAcl",
      "s3:PutBucketLogging",
    ],
    [bucket],
  ),
  "makes the key unusable": all(
    [
      "kms:ScheduleKeyDeletion",
      "kms:DisableKey",
      "kms:PutKeyPolicy",
      "kms:CreateGrant",
      "kms:RevokeGrant",
      "kms:RetireGrant",
      "kms:DisableKeyRotation",
      "kms:DeleteImportedKeyMaterial",
      "kms:ReEncryptFrom",
      "kms:ReEncryptTo",
    ],
    envelopeKey,
  ),
  "empties or drops the catalog": [
    ...all(
      [
        "dynamodb:DeleteTable",
        "dynamodb:UpdateTable",
        "dynamodb:UpdateContinuousBackups",
        "dynamodb:UpdateTimeToLive",
        "dynamodb:PutResourcePolicy",
        "dynamodb:DeleteResourcePolicy",
        "dynamodb:BatchWriteItem",
        "dynamodb:PartiQLDelete",
        "dynamodb:PartiQLUpdate",
        "dynamodb:ImportTable",
        "dynamodb:Scan",
      ],
      catalog,
    ),
    ...all(["dynamodb:DeleteBackup"], [`${catalog[0]}/backup/1`]),
  ],
  "removes anything from the catalog": [
    ...all(["dynamodb:DeleteItem"], catalog),
    ...all(["dynamodb:DeleteItem"], catalog, { "dynamodb:LeadingKeys": ["SOURCE#shop"] }),
    ...all(["dynamodb:DeleteItem"], catalog, { "dynamodb:LeadingKeys": ["TARGET#drill"] }),
    ...all(["dynamodb:DeleteItem"], catalog, {
      "dynamodb:LeadingKeys": ["RUN#shop-20261121T021500Z-7k3f9q2mxa", "SOURCE#shop"],
    }),
  ],
  "changes code, or who may run it": [
    ...all(
      [
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "lambda:AddPermission",
        "lambda:DeleteFunction",
        "lambda:PutFunctionConcurrency",
      ],
      functions,
    ),
    ...all(["states:UpdateStateMachine", "states:DeleteStateMachine"], machines),
    ...all(["iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:PassRole"], roles),
    ...all(["sts:AssumeRole"], roles),
    ...all(
      ["cloudformation:UpdateStack", "cloudformation:DeleteStack"],
      [`arn:aws:cloudformation:${REGION}:stack/HoldfastVault-main/1`],
    ),
    ...all(["ssm:PutParameter", "ssm:DeleteParameter"], [`arn:aws:ssm:${REGION}:parameter/holdfast/main`]),
  ],
  "changes where data is read from or written to": all(
    [
      "secretsmanager:PutSecretValue",
      "secretsmanager:UpdateSecret",
      "secretsmanager:DeleteSecret",
      "secretsmanager:PutResourcePolicy",
    ],
    secrets,
  ),
  "speaks in the name of other programs": all(["events:PutEvents"], [`arn:aws:events:${REGION}:event-bus/default`], {
    "events:source": "billing",
  }),
  "silences what would tell": [
    ...all(
      ["events:DeleteRule", "events:DisableRule", "events:RemoveTargets", "events:PutRule", "events:PutTargets"],
      rules,
    ),
    ...all(["sns:DeleteTopic", "sns:SetTopicAttributes", "sns:Unsubscribe"], topics),
    ...all(["logs:DeleteLogGroup", "logs:DeleteLogStream", "logs:PutRetentionPolicy"], groups),
    ...all(
      ["cloudwatch:DeleteAlarms", "cloudwatch:DisableAlarmActions"],
      [`arn:aws:cloudwatch:${REGION}:alarm:AlarmsUndelivered`],
    ),
    ...all(
      ["scheduler:DeleteSchedule", "scheduler:UpdateSchedule"],
      [`arn:aws:scheduler:${REGION}:schedule/holdfast-main/shop.nightly`],
    ),
  ],
};

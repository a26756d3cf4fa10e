/**
 * From permissions as data to IAM statements.
 * @module
 */
import { ArnFormat, aws_iam as iam, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { Permission } from "../permissions.ts";
import type { VaultResources } from "../stacks/vault-stack.ts";
import { inReach, partitionsOf, type Reach } from "./reach.ts";

export interface GrantContext {
  readonly vault: VaultResources;
  /** Names of secrets, `holdfast/<installation>/<connection>`. */
  readonly secrets: { readonly sources: readonly string[]; readonly targets: readonly string[] };
  /** Users of RDS that may be logged in by token, `<resource id>/<user>`. */
  readonly databaseUsers: { readonly sources: readonly string[]; readonly targets: readonly string[] };
  /** Which sources and targets the function is there for. */
  readonly reach: Reach;
}

/**
 * The statements of one function; permissions on nothing (no secret in this network) give none. Where a network has so many sources that
 * naming them all would not fit into a role, its workers reach all sources' things; their secrets stay the network's (docs/LIMITS.md).
 */
export function statements(
  scope: Construct,
  permissions: readonly Permission[],
  context: GrantContext,
): iam.PolicyStatement[] {
  const named = allStatements(scope, permissions, context);
  if (context.reach.sources === undefined || lengthOf(named, Stack.of(scope)) <= MOST_CHARACTERS) return named;
  return allStatements(scope, permissions, { ...context, reach: {} });
}

/** Of a role's own policies together IAM takes 10,240 characters, white space not counted; logs, traces and a VPC take 1,200. */
const MOST_CHARACTERS = 9_000;
/** Of the ARN of a bucket with the longest name there is. */
const LONGEST_BUCKET_ARN = 76;

/** As it will be once CloudFormation has put in what is known at deployment only; rather too long than too short. */
function lengthOf(all: readonly iam.PolicyStatement[], stack: Stack): number {
  return JSON.stringify(stack.resolve(new iam.PolicyDocument({ statements: [...all], minimize: true })))
    .replaceAll(/\{"Fn::ImportValue":"[^"]*"\}/g, "x".repeat(LONGEST_BUCKET_ARN))
    .replaceAll(/\{"Fn::Join":\["",\[(.*?)\]\]\}/g, "$1").length;
}

/** One statement per permission. */
function allStatements(
  scope: Construct,
  permissions: readonly Permission[],
  context: GrantContext,
): iam.PolicyStatement[] {
  return permissions
    .flatMap((permission) => actionsOn(Stack.of(scope), permission, context))
    .filter(({ resources }) => resources.length > 0)
    .map(
      ({ actions, resources, conditions }) =>
        new iam.PolicyStatement({
          actions: [...actions],
          resources: [...resources],
          ...(conditions === undefined ? {} : { conditions }),
        }),
    );
}

interface Allowed {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

function actionsOn(stack: Stack, permission: Permission, context: GrantContext): Allowed[] {
  const { vault } = context;
  switch (permission.on) {
    case "vault":
      return vaultActions(permission, vault.vaultBucketArn, context.reach);
    case "work":
      return [
        {
          actions: [permission.may === "read" ? "s3:GetObject" : "s3:PutObject"],
          resources: [`${vault.workBucketArn}/runs/*`],
        },
      ];
    case "catalog":
      return [catalogActions(permission.may, vault, context.reach)];
    case "key":
      return [
        { actions: KEY_ACTIONS[permission.may], resources: [vault.keyArn], conditions: keyConditions(context.reach) },
      ];
    case "secrets":
      return [
        { actions: ["secretsmanager:GetSecretValue"], resources: secretArns(stack, context.secrets[permission.of]) },
      ];
    case "databases":
      return [
        { actions: ["rds-db:connect"], resources: databaseUserArns(stack, context.databaseUsers[permission.of]) },
      ];
    case "alerts":
      return [
        { actions: ["sns:Publish"], resources: [vault.alertTopicArn] },
        { actions: ["kms:Decrypt", "kms:GenerateDataKey"], resources: [vault.alertKeyArn] },
      ];
    case "events":
      return [
        {
          actions: ["events:PutEvents"],
          resources: [stack.formatArn({ service: "events", resource: "event-bus", resourceName: "default" })],
          conditions: { StringEquals: { "events:source": EVENT_SOURCE } },
        },
      ];
  }
}

function vaultActions(permission: Permission & { readonly on: "vault" }, bucketArn: string, reach: Reach): Allowed[] {
  if (permission.may === "list") return [{ actions: ["s3:ListBucket"], resources: [bucketArn] }];
  const { may, prefix } = permission;
  // Some are one object; everything else is what begins so.
  const resources = inReach(prefix, reach).map((each) => `${bucketArn}/${each}${isObject(each) ? "" : "*"}`);
  const objects = { actions: VAULT_ACTIONS[may], resources };
  return may === "abort"
    ? [objects, { actions: ["s3:ListBucketMultipartUploads"], resources: [bucketArn] }]
    : [objects];
}

const isObject = (prefix: string): boolean => prefix.endsWith(".json");

const VAULT_ACTIONS = {
  read: ["s3:GetObject"],
  // Multipart needs no more than PutObject.
  create: ["s3:PutObject", "s3:AbortMultipartUpload"],
  delete: ["s3:DeleteObject"],
  abort: ["s3:AbortMultipartUpload"],
} as const;

/** As lambdas/shared/deps.ts signs its events. */
const EVENT_SOURCE = "holdfast";

const CATALOG_ACTIONS = {
  read: ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"],
  write: ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"],
} as const;

/** Workers read and write the partitions they are there for and no index; nobody deletes. */
function catalogActions(may: keyof typeof CATALOG_ACTIONS, vault: VaultResources, reach: Reach): Allowed {
  const actions = CATALOG_ACTIONS[may];
  const table = vault.catalogTableArn;
  const partitions = partitionsOf(reach);
  if (partitions === undefined)
    return { actions, resources: may === "read" ? [table, `${table}/index/GSI1`] : [table] };
  return {
    actions,
    resources: [table],
    conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": partitions } },
  };
}

/** The key opens envelopes and nothing else, and where a function is there for some sources, theirs alone. */
function keyConditions({ sources }: Reach): NonNullable<Allowed["conditions"]> {
  return sources === undefined
    ? { Null: { "kms:EncryptionContext:source": "false", "kms:EncryptionContext:restore-point": "false" } }
    : { StringEquals: { "kms:EncryptionContext:source": sources } };
}

const KEY_ACTIONS = { wrap: ["kms:Encrypt"], unwrap: ["kms:Decrypt"] } as const;

/** Secrets Manager ends a secret's ARN with a dash and six random characters. */
function secretArns(stack: Stack, names: readonly string[]): string[] {
  return names.map((name) => stack.formatArn({ service: "secretsmanager", resource: `secret:${name}-??????` }));
}

/** @see https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.IAMPolicy.html */
function databaseUserArns(stack: Stack, users: readonly string[]): string[] {
  const arnFormat = ArnFormat.COLON_RESOURCE_NAME;
  return users.map((user) => stack.formatArn({ service: "rds-db", resource: "dbuser", resourceName: user, arnFormat }));
}

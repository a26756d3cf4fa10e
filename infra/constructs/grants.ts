/**
 * From permissions as data to IAM statements.
 * @module
 */
import { aws_iam as iam, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { Permission } from "../permissions.ts";
import type { VaultResources } from "../stacks/vault-stack.ts";

export interface GrantContext {
  readonly vault: VaultResources;
  /** Names of secrets, `holdfast/<installation>/<connection>`. */
  readonly secrets: { readonly sources: readonly string[]; readonly targets: readonly string[] };
  /** ARNs of Holdfast's state machines. */
  readonly machineArns: readonly string[];
}

/** The statements of one function, one per permission; permissions on nothing (no secret in this network) give none. */
export function statements(
  scope: Construct,
  permissions: readonly Permission[],
  context: GrantContext,
): iam.PolicyStatement[] {
  return permissions
    .flatMap((permission) => actionsOn(Stack.of(scope), permission, context))
    .filter(({ resources }) => resources.length > 0)
    .map(({ actions, resources }) => new iam.PolicyStatement({ actions: [...actions], resources: [...resources] }));
}

interface Allowed {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

function actionsOn(stack: Stack, permission: Permission, context: GrantContext): Allowed[] {
  const { vault } = context;
  switch (permission.on) {
    case "vault":
      return vaultActions(permission, vault.vaultBucketArn);
    case "work":
      return [
        {
          actions: [permission.may === "read" ? "s3:GetObject" : "s3:PutObject"],
          resources: [`${vault.workBucketArn}/runs/*`],
        },
      ];
    case "catalog":
      return [{ actions: CATALOG_ACTIONS[permission.may], resources: catalogResources(permission.may, vault) }];
    case "key":
      return [{ actions: KEY_ACTIONS[permission.may], resources: [vault.keyArn] }];
    case "secrets":
      return [
        { actions: ["secretsmanager:GetSecretValue"], resources: secretArns(stack, context.secrets[permission.of]) },
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
        },
      ];
    case "executions": {
      const action = permission.may === "describe" ? "states:DescribeExecution" : "states:StopExecution";
      return [{ actions: [action], resources: context.machineArns.map(executionsOf) }];
    }
  }
}

function vaultActions(permission: Permission & { readonly on: "vault" }, bucketArn: string): Allowed[] {
  if (permission.may === "list") return [{ actions: ["s3:ListBucket"], resources: [bucketArn] }];
  const { may, prefix } = permission;
  // The marker is one object; everything else is what begins so.
  const objects = { actions: VAULT_ACTIONS[may], resources: [`${bucketArn}/${prefix}${isObject(prefix) ? "" : "*"}`] };
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

const CATALOG_ACTIONS = {
  read: ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"],
  write: ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:ConditionCheckItem"],
  clear: ["dynamodb:DeleteItem"],
} as const;

function catalogResources(may: keyof typeof CATALOG_ACTIONS, vault: VaultResources): string[] {
  return may === "read" ? [vault.catalogTableArn, `${vault.catalogTableArn}/index/GSI1`] : [vault.catalogTableArn];
}

const KEY_ACTIONS = { wrap: ["kms:Encrypt"], unwrap: ["kms:Decrypt"] } as const;

/** Secrets Manager ends a secret's ARN with a dash and six random characters. */
function secretArns(stack: Stack, names: readonly string[]): string[] {
  return names.map((name) => stack.formatArn({ service: "secretsmanager", resource: `secret:${name}-??????` }));
}

/** `…:stateMachine:name` → its executions. */
export function executionsOf(machineArn: string): string {
  return `${machineArn.replace(":stateMachine:", ":execution:")}:*`;
}

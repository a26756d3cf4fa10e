/**
 * Findings of cdk-nag that stay, each with its reason beside the construct it is about.
 * @module
 */
import { Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

export function acknowledge(construct: IConstruct, id: string, reason: string): void {
  Validations.of(construct).acknowledge({ id, reason });
}

/** A wildcard in a resource is a finding of its own per resource; each is named, so that a new one is found. */
export function acknowledgeWildcards(construct: IConstruct, resources: readonly string[], reason: string): void {
  for (const resource of new Set(resources)) {
    if (!resource.includes("*")) continue;
    const flat = flatten(Stack.of(construct).resolve(resource));
    acknowledge(construct, `AwsSolutions-IAM5[Resource::${flat}]`, reason);
  }
}

/** cdk-nag writes intrinsic functions flat: `<Logical.Arn>/*`. */
function flatten(node: unknown): string {
  if (typeof node === "string") return node.replaceAll("${", "<").replaceAll("}", ">");
  const intrinsic = node as Readonly<Record<string, unknown>>;
  if (Array.isArray(intrinsic["Fn::Join"])) {
    const [delimiter, parts] = intrinsic["Fn::Join"] as [string, unknown[]];
    return parts.map(flatten).join(delimiter);
  }
  if (Array.isArray(intrinsic["Fn::GetAtt"])) return `<${intrinsic["Fn::GetAtt"].map(flatten).join(".")}>`;
  if (intrinsic["Fn::ImportValue"] !== undefined) return flatten(intrinsic["Fn::ImportValue"]);
  if (intrinsic.Ref !== undefined) return `<${flatten(intrinsic.Ref)}>`;
  return JSON.stringify(node);
}

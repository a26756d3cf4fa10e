/**
 * The policies of synthesized templates with their references filled in: every resource is called by its logical id without the hash,
 * so that ARNs can be evaluated and read.
 */
import type { Template } from "aws-cdk-lib/assertions";
import type { Synthesized } from "../support/synthesized.ts";
import type { Statement } from "./evaluate.ts";

export const ACCOUNT = "111122223333";
export const REGION = "eu-central-1";

export interface ResolvedRole {
  /** `FunctionsOfficeDumpChunkRole` */
  readonly name: string;
  readonly arn: string;
  readonly trust: readonly Statement[];
  readonly statements: readonly Statement[];
}

export interface Resolved {
  readonly roles: readonly ResolvedRole[];
  /** By the name of what they are of: buckets, keys, topics, queues, functions. */
  readonly resourcePolicies: ReadonlyMap<string, readonly Statement[]>;
  /** Every resource, references filled in. */
  readonly resources: readonly Resource[];
}

export interface Resource {
  readonly name: string;
  readonly type: string;
  readonly properties: Properties;
}

type Properties = Readonly<Record<string, unknown>>;
interface RawResource {
  readonly Type: string;
  readonly Properties?: Properties;
}
interface Raw {
  readonly Resources: Readonly<Record<string, RawResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Export?: { readonly Name: string } }>>;
}

export function resolve({ vault, backups }: Pick<Synthesized, "vault" | "backups">): Resolved {
  const exported = new Map<string, unknown>();
  const resources = [vault, backups].flatMap((template) => resolveStack(template, exported));
  const roles = resources.filter(({ type }) => type === "AWS::IAM::Role").map((role) => resolvedRole(role, resources));
  return { roles, resourcePolicies: policiesOf(resources), resources };
}

function resolveStack(template: Template, exported: Map<string, unknown>): Resource[] {
  const raw = template.toJSON() as Raw;
  const fill = filler(raw, exported);
  for (const { Value, Export } of Object.values(raw.Outputs ?? {})) {
    if (Export !== undefined) exported.set(Export.Name, fill(Value));
  }
  return Object.entries(raw.Resources).map(([id, { Type, Properties = {} }]) => ({
    name: withoutHash(id),
    type: Type,
    properties: fill(Properties) as Properties,
  }));
}

/** CDK ends a logical id with eight hexadecimal digits; an asset's or a version's are 32 more. */
function withoutHash(id: string): string {
  return id.replace(/[0-9a-f]{32}$/, "").replace(/[0-9A-F]{8}$/, "");
}

/** @throws Error for an intrinsic function or an attribute that is not known here. */
function filler(raw: Raw, exported: ReadonlyMap<string, unknown>): (node: unknown) => unknown {
  const pseudo: Readonly<Record<string, string>> = {
    "AWS::Partition": "aws",
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": REGION,
    "AWS::URLSuffix": "amazonaws.com",
  };
  const resourceOf = (id: string): RawResource => {
    const found = raw.Resources[id];
    if (found === undefined) throw new Error(`the template refers to ${id}, which is not in it`);
    return found;
  };
  const fill = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(fill);
    if (typeof node !== "object" || node === null) return node;
    const entries = Object.entries(node);
    const [name, value] = entries[0] ?? [];
    if (name === "Ref") return pseudo[String(value)] ?? referenceTo(String(value), resourceOf(String(value)));
    if (name === "Fn::GetAtt") {
      const [id = "", attribute = ""] = value as string[];
      return attributeOf(id, attribute, resourceOf(id), fill);
    }
    if (name === "Fn::Join") {
      const [delimiter, parts] = value as [string, unknown[]];
      return parts.map(fill).join(delimiter);
    }
    if (name === "Fn::ImportValue") return exported.get(String(value));
    if (name?.startsWith("Fn::")) throw new Error(`${name} is not known here`);
    return Object.fromEntries(entries.map(([key, each]) => [key, fill(each)]));
  };
  return fill;
}

const arn = (service: string, rest: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${rest}`;
const named = (id: string, { Properties = {} }: RawResource, property: string) =>
  typeof Properties[property] === "string" ? Properties[property] : withoutHash(id);

const ARNS: Readonly<Record<string, (id: string, resource: RawResource) => string>> = {
  "AWS::S3::Bucket": (id) => `arn:aws:s3:::${withoutHash(id)}`,
  "AWS::IAM::Role": (id) => `arn:aws:iam::${ACCOUNT}:role/${withoutHash(id)}`,
  "AWS::DynamoDB::GlobalTable": (id) => arn("dynamodb", `table/${withoutHash(id)}`),
  "AWS::KMS::Key": (id) => arn("kms", `key/${withoutHash(id)}`),
  "AWS::SNS::Topic": (id) => arn("sns", withoutHash(id)),
  "AWS::SQS::Queue": (id) => arn("sqs", withoutHash(id)),
  "AWS::Lambda::Function": (id) => arn("lambda", `function:${withoutHash(id)}`),
  "AWS::Lambda::Version": (id) => arn("lambda", `function:${withoutHash(id).replace("CurrentVersion", "")}:1`),
  "AWS::Logs::LogGroup": (id, resource) => arn("logs", `log-group:${named(id, resource, "LogGroupName")}:*`),
  "AWS::StepFunctions::StateMachine": (id, resource) =>
    arn("states", `stateMachine:${named(id, resource, "StateMachineName")}`),
  "AWS::Scheduler::ScheduleGroup": (id, resource) => arn("scheduler", `schedule-group/${named(id, resource, "Name")}`),
  "AWS::Events::Rule": (id) => arn("events", `rule/${withoutHash(id)}`),
  "AWS::CloudWatch::Alarm": (id) => arn("cloudwatch", `alarm:${withoutHash(id)}`),
};
/** Their Ref is the ARN; that of all others is a name. */
const REFERRED_BY_ARN = new Set(["AWS::SNS::Topic", "AWS::Lambda::Version", "AWS::StepFunctions::StateMachine"]);

function arnOf(id: string, resource: RawResource): string {
  const make = ARNS[resource.Type];
  if (make === undefined) throw new Error(`the ARN of ${resource.Type} is not known here`);
  return make(id, resource);
}

function referenceTo(id: string, resource: RawResource): string {
  return REFERRED_BY_ARN.has(resource.Type) ? arnOf(id, resource) : withoutHash(id);
}

function attributeOf(id: string, attribute: string, resource: RawResource, fill: (node: unknown) => unknown): string {
  if (attribute === "Arn" || attribute === "TopicArn" || attribute === "StateMachineArn") {
    return String(fill(arnOf(id, resource)));
  }
  return `${withoutHash(id)}.${attribute}`;
}

function resolvedRole({ name, properties }: Resource, resources: readonly Resource[]): ResolvedRole {
  const inline = (properties.Policies ?? []) as readonly { readonly PolicyDocument: Document }[];
  const attached = resources.filter(
    ({ type, properties: { Roles } }) => type === "AWS::IAM::Policy" && ((Roles ?? []) as string[]).includes(name),
  );
  const documents = [...inline, ...attached.map((policy) => policy.properties as { PolicyDocument: Document })];
  return {
    name,
    arn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
    trust: (properties.AssumeRolePolicyDocument as Document).Statement,
    statements: documents.flatMap(({ PolicyDocument }) => PolicyDocument.Statement),
  };
}

interface Document {
  readonly Statement: readonly Statement[];
}

function policiesOf(resources: readonly Resource[]): ReadonlyMap<string, readonly Statement[]> {
  const found = new Map<string, Statement[]>();
  const add = (name: string, statements: readonly Statement[]) =>
    found.set(name, [...(found.get(name) ?? []), ...statements]);
  for (const { name, type, properties } of resources) {
    const { Statement: statements = [] } = (properties.KeyPolicy ??
      properties.PolicyDocument ??
      {}) as Partial<Document>;
    if (type === "AWS::KMS::Key") add(name, statements);
    if (type === "AWS::S3::BucketPolicy") add(String(properties.Bucket), statements);
    if (type === "AWS::SNS::TopicPolicy")
      for (const topic of properties.Topics as string[]) add(lastOf(topic), statements);
    if (type === "AWS::SQS::QueuePolicy") for (const queue of properties.Queues as string[]) add(queue, statements);
    if (type === "AWS::Lambda::Permission") add(functionOf(properties), [permissionOf(properties)]);
  }
  return found;
}

const lastOf = (text: string): string => text.split(":").at(-1) ?? "";
const functionOf = ({ FunctionName }: Properties): string => String(FunctionName).replace(/^.*:function:/, "");

function permissionOf({ Action, Principal, SourceArn }: Properties): Statement {
  return {
    Effect: "Allow",
    Principal: { Service: String(Principal) },
    Action: String(Action),
    ...(SourceArn === undefined ? {} : { Condition: { ArnLike: { "aws:SourceArn": String(SourceArn) } } }),
  };
}

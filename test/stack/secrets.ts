/**
 * Whether a secret stands anywhere that people or programs without a right to it can read: what executions carried, what
 * functions logged, their environment, the catalog, the buckets, manifests.
 */
import {
  DescribeLogGroupsCommand,
  type FilterLogEventsCommandOutput,
  paginateFilterLogEvents,
} from "@aws-sdk/client-cloudwatch-logs";
import { paginateListFunctions } from "@aws-sdk/client-lambda";
import { GetObjectCommand, paginateListObjectsV2 } from "@aws-sdk/client-s3";
import { DescribeExecutionCommand, paginateListExecutions } from "@aws-sdk/client-sfn";
import { paginateScan } from "@aws-sdk/lib-dynamodb";
import { inject } from "vitest";
import { clients, history } from "../support/stack.ts";
import { catalog } from "./sources.ts";
import { manifestOf } from "./vault.ts";

export interface SearchOptions {
  /** Executions and restore points of these sources only; absent: of all there are. */
  readonly sources?: readonly string[];
  /** Further texts, by where they come from: alerts, output of commands. */
  readonly texts?: Readonly<Record<string, string>>;
}

/** @returns every place that holds one of the secrets in whichever form, named without it; empty is as it should be */
export async function findSecrets(secrets: readonly string[], options: SearchOptions = {}): Promise<string[]> {
  const forms = secrets.flatMap((secret, index) => [...formsOf(secret)].map((form) => ({ form, index })));
  const places = new Set<string>();
  let read = 0;
  const look = (where: string, text: string): void => {
    read += 1;
    for (const { form, index } of forms) if (text.includes(form)) places.add(`secret ${index} in ${where}`);
  };
  await Promise.all([
    lookAtExecutions(look, options),
    lookAtLogs(look),
    lookAtFunctions(look),
    lookAtCatalog(look),
    lookAtBucket(look, inject("stack").parameter.vaultBucket, "v1/meta/"),
    lookAtBucket(look, inject("stack").parameter.vaultBucket, "v1/audit/"),
    lookAtBucket(look, inject("stack").parameter.vaultBucket, "v1/reports/"),
    lookAtBucket(look, inject("stack").parameter.workBucket, ""),
    lookAtManifests(look, options),
  ]);
  for (const [where, text] of Object.entries(options.texts ?? {})) look(where, text);
  if (read < 20) throw new Error(`only ${read} texts were there to be searched`);
  return [...places].sort();
}

/** A secret as it is, as JSON and URLs have it, as hexadecimal, and within whatever was encoded as base64. */
export function formsOf(secret: string): Set<string> {
  const bytes = Buffer.from(secret);
  const encoded = encodeURIComponent(secret);
  const forms = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    JSON.stringify(JSON.stringify(secret)).slice(3, -3),
    encoded,
    encoded.replaceAll("%20", "+"),
    encoded.toLowerCase(),
    bytes.toString("hex"),
  ];
  for (const before of [0, 1, 2]) {
    // Its base64 depends on how many bytes stand before it; the first and last characters also on which.
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString("base64")
      .replace(/=+$/, "");
    forms.push(text.slice(before === 0 ? 0 : before + 1, bytes.length % 3 === (3 - before) % 3 ? undefined : -1));
  }
  return new Set(forms);
}

type Look = (where: string, text: string) => void;

async function lookAtExecutions(look: Look, { sources }: SearchOptions): Promise<void> {
  for (const stateMachineArn of Object.values(inject("stack").parameter.stateMachines)) {
    for await (const { executions = [] } of paginateListExecutions({ client: clients.sfn() }, { stateMachineArn })) {
      for (const { executionArn = "" } of executions) {
        const execution = await clients.sfn().send(new DescribeExecutionCommand({ executionArn }));
        const { source } = JSON.parse(execution.input ?? "{}") as { source?: string };
        if (sources !== undefined && !sources.includes(source ?? "")) continue;
        look(`execution ${executionArn}`, JSON.stringify({ ...execution, $metadata: undefined }));
        for (const event of await history(executionArn)) {
          look(`history of ${executionArn}, event ${event.id} ${event.type}`, JSON.stringify(event));
        }
      }
    }
  }
}

async function lookAtLogs(look: Look): Promise<void> {
  const { logGroups = [] } = await clients.logs().send(new DescribeLogGroupsCommand({}));
  if (logGroups.length === 0) throw new Error("there is no log group");
  for (const { logGroupName = "" } of logGroups) {
    const pages = paginateFilterLogEvents({ client: clients.logs() }, { logGroupName });
    for await (const { events = [] } of pages as AsyncIterable<FilterLogEventsCommandOutput>) {
      for (const { message = "" } of events) look(`log group ${logGroupName}`, message);
    }
  }
}

async function lookAtFunctions(look: Look): Promise<void> {
  for await (const { Functions = [] } of paginateListFunctions({ client: clients.lambda() }, {})) {
    for (const one of Functions) look(`configuration of ${one.FunctionName}`, JSON.stringify(one));
  }
}

async function lookAtCatalog(look: Look): Promise<void> {
  const TableName = inject("stack").parameter.catalogTable;
  for await (const { Items = [] } of paginateScan({ client: clients.dynamodb() }, { TableName })) {
    for (const item of Items) look(`catalog item ${item.pk} ${item.sk}`, JSON.stringify(item));
  }
}

async function lookAtBucket(look: Look, Bucket: string, Prefix: string): Promise<void> {
  for await (const { Contents = [] } of paginateListObjectsV2({ client: clients.s3() }, { Bucket, Prefix })) {
    for (const { Key = "" } of Contents) {
      const { Body } = await clients.s3().send(new GetObjectCommand({ Bucket, Key }));
      look(`object ${Key}`, `${Key} ${(await Body?.transformToString("latin1")) ?? ""}`);
    }
  }
}

async function lookAtManifests(look: Look, { sources }: SearchOptions): Promise<void> {
  for (const source of sources ?? []) {
    for (const { restorePointId } of await catalog().restorePoints.list(source, 100)) {
      look(`manifest of ${restorePointId}`, JSON.stringify(await manifestOf(source, restorePointId)));
    }
  }
}

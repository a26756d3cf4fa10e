/**
 * Composition root of the functions: clients are made once per container, at first use, from the names in the environment.
 * @module
 */
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { EventBridgeClient, PutEventsCommand } from "@aws-sdk/client-eventbridge";
import { KMSClient } from "@aws-sdk/client-kms";
import { S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { type AuditLog, auditLog } from "../../core/audit/index.ts";
import { bodyOptions, callOptions, objectOptions, repeatConflicts } from "../../core/aws/client-options.ts";
import { mapped } from "../../core/aws/errors.ts";
import type { Pause } from "../../core/backup/deadline.ts";
import type { SourceContext } from "../../core/backup/session.ts";
import { type Catalog, createCatalog } from "../../core/catalog/index.ts";
import {
  type EnvironmentKey,
  environment,
  type HoldfastConfig,
  parseConfig,
  secretPrefix,
  type WorkersByNetwork,
} from "../../core/config/index.ts";
import { ConfigurationError, StoreThrottledError } from "../../core/errors.ts";
import type { Clock, RandomBytes } from "../../core/ids.ts";
import { mintRdsToken } from "../../core/postgres/client/rds-token.ts";
import { kmsRecipient, kmsUnwrapper } from "../../core/vault/envelope/kms.ts";
import type { Recipient, Unwrapper } from "../../core/vault/envelope/recipient.ts";
import { rsaRecipient } from "../../core/vault/envelope/rsa.ts";
import type { Store } from "../../core/vault/store/port.ts";
import { s3Store } from "../../core/vault/store/s3.ts";
import { deadlineOf } from "./deadline.ts";
import { observe } from "./observe.ts";

export const clock: Clock = () => new Date();
export const random: RandomBytes = (n) => randomBytes(n);
export const pause: Pause = async (millis, signal) => {
  await sleep(millis, undefined, signal === undefined ? {} : { signal }).catch(() => {});
};

/** @throws ConfigurationError `missing-environment`: the function's row in infra/functions.ts lacks it. */
export function fromEnvironment(key: EnvironmentKey): string {
  const value = process.env[environment[key]];
  if (value !== undefined && value !== "") return value;
  throw new ConfigurationError("missing-environment", `environment variable ${environment[key]} is not set`, {
    hint: "Deploy the stack again; functions get their environment from it.",
  });
}

export const installation = (): string => fromEnvironment("installation");
export const workersByNetwork = (): WorkersByNetwork => JSON.parse(fromEnvironment("workers")) as WorkersByNetwork;

/** Custom endpoints (the local AWS) know buckets by path only. */
const s3Options = () => (process.env.AWS_ENDPOINT_URL === undefined ? {} : { forcePathStyle: true });

const s3 = once(() => new S3Client({ ...objectOptions, ...s3Options() }));
const s3Bodies = once(() => new S3Client({ ...bodyOptions, ...s3Options() }));
const kms = once(() => new KMSClient(callOptions));
const sns = once(() => new SNSClient(callOptions));
const events = once(() => new EventBridgeClient(callOptions));
const secrets = once(() => new SecretsManagerClient(callOptions));

export const s3Client = s3;
export const catalog: () => Catalog = once(() => {
  const options = { marshallOptions: { removeUndefinedValues: true } };
  const client = DynamoDBDocumentClient.from(repeatConflicts(new DynamoDBClient(callOptions)), options);
  return observe(createCatalog({ client, table: fromEnvironment("catalogTable"), clock }), installation());
});
export const vaultStore: () => Store = once(() => storeIn(fromEnvironment("vaultBucket")));
export const audit: () => AuditLog = once(() => auditLog(vaultStore()));
export const workStore: () => Store = once(() => storeIn(fromEnvironment("workBucket")));
const storeIn = (bucket: string) => s3Store({ client: s3(), bodies: s3Bodies(), bucket });
export const unwrappers: () => readonly Unwrapper[] = once(() => [kmsUnwrapper({ client: kms() })]);

/** Who can read new restore points: the installation's key, and the offline holder if one is configured. */
export function recipients(config: HoldfastConfig): readonly Recipient[] {
  const offline = config.vault.offlineRecipientPublicKey;
  const recipient = kmsRecipient({ client: kms(), keyArn: fromEnvironment("keyArn") });
  return offline === undefined ? [recipient] : [recipient, rsaRecipient({ publicKeyPem: offline })];
}

/** The configuration that was bundled beside the function. */
export const bundledConfig: () => Promise<HoldfastConfig> = once(async () => {
  const text = await readFile(path.join(import.meta.dirname, "config.json"), "utf8");
  return parseConfig(JSON.parse(text));
});

/** Never stored, or marked for deletion: that is what Secrets Manager calls an invalid request. */
const SECRET_GONE: ReadonlySet<string> = new Set(["ResourceNotFoundException", "InvalidRequestException"]);

/** The text of a connection's secret; read anew each time, so that a changed password counts at once. */
export async function readConnection(connection: string): Promise<string> {
  const SecretId = `${secretPrefix(installation())}${connection}`;
  const secret = await mapped(`read secret ${SecretId}`, () =>
    secrets()
      .send(new GetSecretValueCommand({ SecretId }))
      .catch((error: unknown) => {
        if (error instanceof Error && SECRET_GONE.has(error.name)) return undefined;
        throw error;
      }),
  );
  if (secret?.SecretString !== undefined) return secret.SecretString;
  throw new ConfigurationError("connection-missing", `there is no secret ${SecretId}`, {
    hint: `Store it with \`holdfast connect ${connection}\`.`,
  });
}

/** For connections that log in by token; credentials and region are the function's own. */
export const mintToken = mintRdsToken;

/** A message to the people behind the alert topic. SNS takes subjects of at most 100 printable characters. */
export async function sendAlert(subject: string, message: string): Promise<void> {
  const Subject = subject.replaceAll(/[^ -~]/g, " ").slice(0, 100);
  const TopicArn = fromEnvironment("alertTopicArn");
  const command = new PublishCommand({ TopicArn, Subject, Message: message });
  await mapped(`publish to ${TopicArn}`, () =>
    sns()
      .send(command)
      .catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== "NotFoundException") throw error;
        throw new ConfigurationError("alert-topic-missing", `there is no topic ${TopicArn}`, {
          hint: "Deploy HoldfastVault again; until then nobody is told of a failed run.",
          cause: error,
        });
      }),
  );
}

/** An event on the account's default bus: `holdfast.<thing>.<past participle>`. */
export async function sendEvent(detailType: string, detail: Readonly<Record<string, unknown>>): Promise<void> {
  const entry = { Source: "holdfast", DetailType: detailType, Detail: JSON.stringify({ schema: 1, ...detail }) };
  const answer = await mapped(`send event ${detailType}`, () =>
    events().send(new PutEventsCommand({ Entries: [entry] })),
  );
  if ((answer.FailedEntryCount ?? 0) === 0) return;
  const reason = answer.Entries?.[0]?.ErrorMessage ?? "without a reason";
  throw new StoreThrottledError("event-refused", `event ${detailType} was not taken: ${reason}`);
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** For the states that touch a source. */
export function sourceContext(context: Parameters<typeof deadlineOf>[0]): SourceContext {
  return { catalog: catalog(), clock, pause, deadline: deadlineOf(context), readConnection, mintToken };
}

/** For the states that touch the vault. */
export function vaultContext() {
  return { catalog: catalog(), vault: vaultStore(), work: workStore(), unwrappers: unwrappers(), pause };
}

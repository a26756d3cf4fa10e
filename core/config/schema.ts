/**
 * The configuration of one installation: records keyed by id, never arrays, so that a change is a change of one field.
 * @module
 */
import { z } from "zod";
import { PUBLIC_NETWORK } from "./environment.ts";
import {
  byId,
  connectionField,
  fields,
  iamField,
  idField,
  matching,
  oneOf,
  titleField,
  wholeNumber,
  yesOrNo,
} from "./fields.ts";
import { sourceSchema } from "./source.ts";

const daysOrNever = (least: number) =>
  z.union([wholeNumber(least, 36_500), z.null()], {
    error: `allowed is a whole number from ${least} to 36500, or null for never`,
  });

/** S3 keeps an object in Infrequent Access for 30 days before lifecycle moves it on: "Constraints and considerations for transitions". */
const LEAST_INFREQUENT_DAYS = 30;

/** @see https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html "retentionInDays" */
const LOG_RETENTION_DAYS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
] as const;

/** Days after which a restore point's data moves to a cheaper tier; metadata never moves. S3 admits Infrequent Access from day 30. */
const lifecycleField = fields({
  infrequentAccessAfterDays: daysOrNever(30).default(30),
  glacierAfterDays: daysOrNever(1).default(90),
  deepArchiveAfterDays: daysOrNever(1).default(365),
}).prefault({});

/** A bucket's name that CloudFormation may find again. @see https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const bucketField = () => matching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, "the name of a bucket");

/** What an installation of before has left in this account, to be taken over instead of made anew. */
const adoptField = fields({
  vaultBucket: bucketField(),
  workBucket: bucketField(),
  accessLogsBucket: bucketField(),
  catalogTable: matching(/^[A-Za-z0-9_.-]{3,255}$/, "the name of a table"),
  /** Wraps new data keys as it wrapped the old ones. The stack uses it and never owns it: CloudFormation finds no key by name. */
  keyArn: matching(
    /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[0-9a-zA-Z-]+$/,
    "the ARN of a KMS key such as arn:aws:kms:eu-central-1:111122223333:key/1234abcd-…",
  ),
});

const vaultField = fields({
  title: titleField.optional(),
  /** Deleting a stack must not delete backups; false is for throw-away installations only. */
  retainOnDelete: yesOrNo().default(true),
  /** Once adopted it stays here: without it the next deploy would make new buckets and leave these. */
  adopt: adoptField.optional(),
  lifecycle: lifecycleField,
  /** How long a deleted or overwritten object can be brought back: the undo of a mistaken clean-up. */
  deletedVersionDays: wholeNumber(1, 36_500).default(30),
  /** How long audit records are kept: nobody can delete one, so lifecycle alone ends them. Null: for ever, which costs next to nothing. */
  auditDays: daysOrNever(1).default(null),
  /** PEM of an RSA public key; who holds the private one can read every restore point without AWS. */
  offlineRecipientPublicKey: matching(
    /^-----BEGIN PUBLIC KEY-----[\sA-Za-z0-9+/=]+-----END PUBLIC KEY-----\s*$/,
    "an RSA public key in PEM (-----BEGIN PUBLIC KEY-----)",
  ).optional(),
}).prefault({});

const networkSchema = fields({
  title: titleField.optional(),
  vpcId: matching(/^vpc-[0-9a-f]{8,17}$/, "the id of a VPC such as vpc-0a1b2c3d"),
  subnetIds: z
    .array(matching(/^subnet-[0-9a-f]{8,17}$/, "the id of a subnet such as subnet-0a1b2c3d"), {
      error: "allowed is a list of subnet ids",
    })
    .min(1, { error: "allowed is at least one subnet" }),
  securityGroupIds: z
    .array(matching(/^sg-[0-9a-f]{8,17}$/, "the id of a security group such as sg-0a1b2c3d"), {
      error: "allowed is a list of security group ids",
    })
    .min(1, { error: "allowed is at least one security group" }),
});

const targetSchema = fields({
  title: titleField.optional(),
  connection: connectionField,
  iam: iamField(),
  network: idField.optional(),
});

export const configSchema = fields({
  configVersion: z.literal(1, { error: "allowed is 1" }),
  /** Names the installation in an account and region: `/holdfast/<installation>`, `holdfast/<installation>/<connection>`. */
  installation: idField,
  vault: vaultField,
  networks: byId(networkSchema).default({}),
  sources: byId(sourceSchema).default({}),
  targets: byId(targetSchema).default({}),
  alerts: fields({
    emails: z
      .array(z.email({ error: "allowed is an e-mail address" }), { error: "allowed is a list of e-mail addresses" })
      .default([]),
  }).prefault({}),
  limits: fields({
    /** A backup that takes longer raises an alarm; it is not stopped. */
    longestRunMinutes: wholeNumber(1, 24 * 60).default(60),
  }).prefault({}),
  observability: fields({
    /** `debug` tells every step's progress besides. Metrics are lines of level info, so nothing less is offered. */
    logLevel: oneOf(["info", "debug"]).default("info"),
    /** CloudWatch keeps logs for certain numbers of days only. */
    logRetentionDays: z
      .literal(LOG_RETENTION_DAYS, { error: `allowed is ${LOG_RETENTION_DAYS.join(", ")}` })
      .default(180),
    /** Logs are encrypted in any case; with a key of one's own that lets CloudWatch Logs use it, by that. */
    logKeyArn: matching(
      /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[0-9a-zA-Z-]+$/,
      "the ARN of a KMS key such as arn:aws:kms:eu-central-1:111122223333:key/1234abcd-…",
    ).optional(),
    dashboard: yesOrNo().default(true),
  }).prefault({}),
  /** On every resource that can carry tags. */
  tags: z
    .record(
      z.string().regex(/^(?!aws:)[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u, {
        error: "allowed is 1 to 128 letters, digits, spaces and _ . : / = + - @, not beginning with aws:",
      }),
      z.string({ error: "allowed is a text" }).regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u, {
        error: "allowed are at most 256 letters, digits, spaces and _ . : / = + - @",
      }),
    )
    .default({}),
}).superRefine((config, context) => {
  const complain = (path: PropertyKey[], message: string) => context.addIssue({ code: "custom", path, message });
  if (Object.hasOwn(config.networks, PUBLIC_NETWORK)) {
    complain(["networks", PUBLIC_NETWORK], `allowed is any id but ${PUBLIC_NETWORK}, which stands for no network`);
  }
  const networks = Object.keys(config.networks);
  const allowedNetworks =
    networks.length === 0 ? "allowed is none, for networks is empty" : `allowed is ${networks.join(", ")}`;
  for (const group of ["sources", "targets"] as const) {
    for (const [id, { network }] of Object.entries(config[group])) {
      if (network !== undefined && !networks.includes(network)) complain([group, id, "network"], allowedNetworks);
    }
  }
  for (const [id, source] of Object.entries(config.sources)) {
    // Two lanes relay: a successor that began before its predecessor did would hold nothing to relay.
    if (source.relayLeadSeconds * 2 > source.holdSeconds) {
      complain(
        ["sources", id, "relayLeadSeconds"],
        `allowed is at most half of holdSeconds, ${Math.floor(source.holdSeconds / 2)}`,
      );
    }
  }
  if (config.vault.adopt !== undefined && !config.vault.retainOnDelete) {
    complain(
      ["vault", "retainOnDelete"],
      "allowed is true where something is adopted: it outlived a deployment before",
    );
  }
  const { infrequentAccessAfterDays, glacierAfterDays, deepArchiveAfterDays } = config.vault.lifecycle;
  const steps = [infrequentAccessAfterDays, glacierAfterDays, deepArchiveAfterDays].filter((days) => days !== null);
  if (steps.some((days, index) => index > 0 && days <= (steps[index - 1] ?? 0))) {
    complain(["vault", "lifecycle"], "allowed are days that grow from infrequentAccess over glacier to deepArchive");
  }
  const next = glacierAfterDays ?? deepArchiveAfterDays;
  if (infrequentAccessAfterDays !== null && next !== null && next - infrequentAccessAfterDays < LEAST_INFREQUENT_DAYS) {
    const field = glacierAfterDays === null ? "deepArchiveAfterDays" : "glacierAfterDays";
    complain(
      ["vault", "lifecycle", field],
      `allowed are at least ${LEAST_INFREQUENT_DAYS} days more than infrequentAccessAfterDays, ${infrequentAccessAfterDays + LEAST_INFREQUENT_DAYS}, or null there`,
    );
  }
});

export type HoldfastConfig = z.output<typeof configSchema>;
/** What a person writes: everything with a default may be left out. */
export type HoldfastConfigInput = z.input<typeof configSchema>;
export type TargetConfig = z.output<typeof targetSchema>;
export type NetworkConfig = z.output<typeof networkSchema>;

/**
 * A vault without its installation: where its objects are, and who can open its envelopes.
 * @module
 */
import { KMSClient } from "@aws-sdk/client-kms";
import { S3Client } from "@aws-sdk/client-s3";
import { bodyOptions, callOptions, objectOptions } from "../../core/aws/client-options.ts";
import { PreconditionError } from "../../core/errors.ts";
import { kmsUnwrapper } from "../../core/vault/envelope/kms.ts";
import type { Unwrapper } from "../../core/vault/envelope/recipient.ts";
import { rsaUnwrapper } from "../../core/vault/envelope/rsa.ts";
import type { RestorePointRef } from "../../core/vault/keys.ts";
import { listRestorePoints } from "../../core/vault/list.ts";
import { directoryStore } from "../../core/vault/store/directory.ts";
import type { Store } from "../../core/vault/store/port.ts";
import { s3Store } from "../../core/vault/store/s3.ts";
import { isAccused } from "../../core/vault/verification.ts";
import { UsageError } from "../errors.ts";
import { LATEST } from "../runs/restore-point.ts";
import type { World } from "../world.ts";

/** `s3://bucket` or a directory. @throws UsageError `invalid-vault` */
export function openVault(location: string, env: World["env"]): Store {
  const scheme = /^([a-z0-9]+):\/\//.exec(location)?.[1];
  if (scheme === undefined) return directoryStore(location);
  const bucket = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/?$/.exec(location)?.[1];
  if (bucket === undefined) {
    throw new UsageError(
      "invalid-vault",
      `--vault is ${JSON.stringify(location)}, allowed is a directory or s3://bucket`,
    );
  }
  // A local AWS has no host name for each bucket.
  const forcePathStyle = env.AWS_ENDPOINT_URL !== undefined;
  const client = new S3Client({ ...objectOptions, forcePathStyle });
  return s3Store({ client, bodies: new S3Client({ ...bodyOptions, forcePathStyle }), bucket });
}

export interface VaultKeys {
  readonly offlineKeyPem?: string;
  readonly kmsKeyArn?: string;
}

/** The offline key where there is one, else KMS by the ordinary credential chain. */
export function openUnwrappers({ offlineKeyPem, kmsKeyArn }: VaultKeys): Unwrapper[] {
  if (offlineKeyPem !== undefined) return [rsaUnwrapper({ privateKeyPem: offlineKeyPem })];
  return [kmsUnwrapper({ client: new KMSClient(callOptions), ...(kmsKeyArn !== undefined && { keyArn: kmsKeyArn }) })];
}

/**
 * By its id, whatever is known of it; by `latest` the newest that no verification has found damaged.
 * @throws PreconditionError `restore-point-not-found` @throws UsageError `source-needed`
 */
export async function findInVault(
  store: Store,
  idOrLatest: string,
  source: string | undefined,
): Promise<RestorePointRef> {
  const refs: RestorePointRef[] = [];
  for await (const ref of listRestorePoints(store, source)) refs.push(ref);
  const wanted = idOrLatest === LATEST ? refs : refs.filter((ref) => ref.restorePointId === idOrLatest);
  const sources = [...new Set(wanted.map((ref) => ref.source))];
  if (sources.length > 1) {
    const message = `latest of which source? ${store.location} has ${sources.join(", ")}`;
    throw new UsageError("source-needed", message, "Add --source NAME.");
  }
  for (const ref of wanted.toSorted((a, b) => b.restorePointId.localeCompare(a.restorePointId))) {
    if (idOrLatest !== LATEST || !(await isAccused(store, ref))) return ref;
  }
  const kind = wanted.length > 0 ? "no restore point but damaged ones" : "no restore point";
  const what = idOrLatest === LATEST ? kind : `no restore point ${idOrLatest}`;
  const whose = source === undefined ? "" : ` of ${source}`;
  throw new PreconditionError("restore-point-not-found", `there is ${what}${whose} in ${store.location}`, {
    hint: "`holdfast list --vault` shows what there is; a damaged one is restored by its id.",
  });
}

/** What the vault alone says of a restore point, without a key. */
export interface PointInVault extends RestorePointRef {
  readonly status: "available" | "quarantined";
}

/** Newest first. */
export async function listVault(store: Store, source: string | undefined): Promise<PointInVault[]> {
  const points: PointInVault[] = [];
  for await (const ref of listRestorePoints(store, source)) {
    points.push({ ...ref, status: (await isAccused(store, ref)) ? "quarantined" : "available" });
  }
  return points.toSorted((a, b) => b.restorePointId.localeCompare(a.restorePointId));
}

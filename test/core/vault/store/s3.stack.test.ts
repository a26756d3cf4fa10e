import { randomBytes } from "node:crypto";
import { CreateBucketCommand, ListMultipartUploadsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { createEnvelope } from "../../../../core/vault/envelope/create.ts";
import { kmsRecipient, kmsUnwrapper } from "../../../../core/vault/envelope/kms.ts";
import { openEnvelope } from "../../../../core/vault/envelope/open.ts";
import { vaultKeys } from "../../../../core/vault/keys.ts";
import { s3Store } from "../../../../core/vault/store/s3.ts";
import { verifyFull, verifyPresence } from "../../../../core/vault/verify/verify.ts";
import { clients } from "../../../support/stack.ts";
import { SAMPLE_REF as ref, writeSample } from "../../../support/vault.ts";
import { describeStore, inPiecesOf } from "./conformance.ts";

const MEBIBYTE = 1024 * 1024;
const bucket = `holdfast-store-${randomBytes(6).toString("hex")}`;
const open = () => s3Store({ client: clients.s3(), bucket, partBytes: 5 * MEBIBYTE });
const unfinished = async () =>
  (await clients.s3().send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? [];

beforeAll(async () => {
  await clients.s3().send(new CreateBucketCommand({ Bucket: bucket }));
});
// What any test above left unfinished costs money on AWS until a lifecycle rule clears it.
afterAll(async () => {
  expect(await unfinished()).toEqual([]);
});

describeStore("s3 store", open);

test("keeps no half upload when the source fails after several parts", async () => {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield* inPiecesOf(randomBytes(12 * MEBIBYTE), MEBIBYTE);
    throw new Error("source broke");
  }
  await expect(open().upload("v1/data/half", source())).rejects.toThrow("source broke");
  expect(await unfinished()).toEqual([]);
});

test("names a bucket that is not there", async () => {
  const elsewhere = s3Store({ client: clients.s3(), bucket: `${bucket}-absent` });
  await expect(elsewhere.putIfAbsent("v1/x", Buffer.from("x"))).rejects.toMatchObject({
    name: "ConfigurationError",
    code: "bucket-missing",
  });
  await expect(elsewhere.read("v1/x")).rejects.toMatchObject({ code: "bucket-missing" });
});

test("says of an archived object where it is, and that it has to be thawed", async () => {
  const archived = { Bucket: bucket, Key: "v1/data/cold", Body: "rows", StorageClass: "GLACIER" } as const;
  await clients.s3().send(new PutObjectCommand(archived));
  expect(await open().head("v1/data/cold")).toMatchObject({ tier: "GLACIER", bytes: 4 });
  await expect(open().read("v1/data/cold")).rejects.toMatchObject({
    name: "ObjectFrozenError",
    code: "object-archived",
  });
});

test("holds a restore point under a KMS key that is verified by S3's own checksums and to the last byte", async () => {
  const store = open();
  const client = clients.kms();
  const unwrappers = [kmsUnwrapper({ client })];
  const recipients = [kmsRecipient({ client, keyArn: inject("stack").parameter.keyArn })];
  const { manifest } = await writeSample(store, { recipients, unwrappers, random: (n) => randomBytes(n) });
  expect(manifest.tables[0]?.chunks[0]?.store).toMatch(/^sha256:/);
  expect(await verifyPresence(store, unwrappers, ref)).toMatchObject({ isValid: true });
  expect(await verifyFull(store, unwrappers, ref)).toMatchObject({ isValid: true });

  await store.delete(vaultKeys.chunkKey(ref, 1, 1));
  expect((await verifyPresence(store, unwrappers, ref)).issues).toMatchObject([{ code: "object-missing" }]);
  const foreign = { ...ref, restorePointId: "20261121T021500Z-aaaaaaaaaa" };
  await createEnvelope(store, foreign, { recipients, unwrappers, random: (n) => randomBytes(n) });
  expect(await openEnvelope(store, foreign, unwrappers)).toMatchObject({ generation: 1 });
});

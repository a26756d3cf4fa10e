/**
 * What a failing disk or a careless hand does: one byte of one stored object becomes another.
 * @module
 */
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";

export interface Damage {
  readonly key: string;
  readonly offset: number;
}

/** Flips the middle byte of the largest object below the prefix. */
export async function flipOneByte(s3: S3Client, bucket: string, prefix: string): Promise<Damage> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  const [largest] = Contents.toSorted((a, b) => (b.Size ?? 0) - (a.Size ?? 0));
  if (largest?.Key === undefined) throw new Error(`there is no object below s3://${bucket}/${prefix}`);
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: largest.Key }));
  const bytes = await Body?.transformToByteArray();
  const offset = Math.floor((bytes?.length ?? 0) / 2);
  const byte = bytes?.[offset];
  if (bytes === undefined || byte === undefined) throw new Error(`${largest.Key} is empty`);
  bytes[offset] = byte ^ 1;
  await s3.send(new PutObjectCommand({ Bucket: bucket, Key: largest.Key, Body: bytes }));
  return { key: largest.Key, offset };
}

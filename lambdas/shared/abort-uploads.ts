/** Multipart uploads that were begun and never completed cost money and can be seen by nobody. @module */
import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  type S3Client,
} from "@aws-sdk/client-s3";

/** @returns how many there were; one that ended meanwhile is not an error. */
export async function abortUploads(client: S3Client, bucket: string, prefix: string): Promise<number> {
  const found: { Key: string; UploadId: string }[] = [];
  let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (marker !== undefined) {
    const page: ListMultipartUploadsCommandOutput = await client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...marker }),
    );
    for (const { Key, UploadId } of page.Uploads ?? []) {
      if (Key?.startsWith(prefix) && UploadId !== undefined) found.push({ Key, UploadId });
    }
    const { IsTruncated, NextKeyMarker, NextUploadIdMarker } = page;
    marker =
      IsTruncated && NextKeyMarker !== undefined
        ? {
            KeyMarker: NextKeyMarker,
            ...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }),
          }
        : undefined;
  }
  for (const upload of found) {
    await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, ...upload })).catch((error: unknown) => {
      if (!(error instanceof Error) || error.name !== "NoSuchUpload") throw error;
    });
  }
  return found.length;
}

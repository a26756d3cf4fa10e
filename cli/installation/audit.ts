/** The vault's audit records, read by the caller's own credentials. @module */
import { S3Client } from "@aws-sdk/client-s3";
import { type AuditEntry, type AuditRange, listAudit } from "../../core/audit/index.ts";
import { s3Store } from "../../core/vault/store/s3.ts";

/** @throws ConfigurationError `access-denied` */
export function readAudit(bucket: string, range: AuditRange): Promise<readonly AuditEntry[]> {
  // A local AWS has no host name for each bucket.
  const forcePathStyle = process.env.AWS_ENDPOINT_URL !== undefined;
  return listAudit(s3Store({ client: new S3Client({ forcePathStyle }), bucket }), range);
}

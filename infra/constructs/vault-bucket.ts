/**
 * The bucket restore points live in. What is stored there is encrypted by us beneath S3's own encryption.
 * @module
 */
import { Duration, aws_iam as iam, RemovalPolicy, aws_s3 as s3 } from "aws-cdk-lib";
import { Construct } from "constructs";
import type { HoldfastConfig } from "../../core/config/index.ts";

/** A multipart upload belongs to a run, and no run lives a week. */
const ABANDONED_UPLOAD_DAYS = 7;

export interface VaultBucketProps {
  readonly vault: HoldfastConfig["vault"];
  /** Server access logs, under `vault/`. */
  readonly accessLogs: s3.IBucket;
}

export class VaultBucket extends Construct {
  readonly bucket: s3.Bucket;

  constructor(scope: Construct, id: string, props: VaultBucketProps) {
    super(scope, id);
    this.bucket = new s3.Bucket(this, "Bucket", {
      versioned: true,
      // Cannot be added later; no default retention, for retention is set per object at commit where it is asked for.
      objectLockEnabled: true,
      // SSE-KMS with the envelope's key would shut out the offline recipient.
      encryption: s3.BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      minimumTLSVersion: 1.2,
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      objectOwnership: s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
      serverAccessLogsBucket: props.accessLogs,
      serverAccessLogsPrefix: "vault/",
      lifecycleRules: lifecycleRules(props.vault),
      removalPolicy: props.vault.retainOnDelete ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.refuseOverwriting();
    this.refuseForeignKeys();
    this.refuseDeletingAudit();
  }

  /**
   * Nobody overwrites: a right to write would otherwise be a right to bury an object under a new version, and the old one is
   * cleared in time (docs/adr/0033-nothing-is-overwritten.md).
   */
  private refuseOverwriting(): void {
    this.bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: "ObjectsAreNotOverwritten",
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ["s3:PutObject"],
        resources: [this.bucket.arnForObjects("v1/*")],
        // Parts of a multipart upload create no object and carry no such header: AWS, "Enforce conditional writes".
        conditions: { Null: { "s3:if-none-match": "true" }, Bool: { "s3:ObjectCreationOperation": "true" } },
      }),
    );
  }

  /** Whoever may write could else lock what they write under a key of their own: what lies here opens by its envelope, and by nothing besides. */
  private refuseForeignKeys(): void {
    const encryption = "s3:x-amz-server-side-encryption";
    const refuse = (sid: string, conditions: Record<string, Record<string, string>>) =>
      this.bucket.addToResourcePolicy(
        new iam.PolicyStatement({
          sid,
          effect: iam.Effect.DENY,
          principals: [new iam.AnyPrincipal()],
          actions: ["s3:PutObject"],
          resources: [this.bucket.arnForObjects("v1/*")],
          conditions,
        }),
      );
    refuse("NoKeysFromRequests", { Null: { [`${encryption}-customer-algorithm`]: "false" } });
    refuse("NoOtherKmsKeys", { StringLike: { [encryption]: "aws:kms*" } });
  }

  /** A catalog cannot be append-only by IAM, a bucket policy can. */
  private refuseDeletingAudit(): void {
    this.bucket.addToResourcePolicy(
      new iam.PolicyStatement({
        sid: "AuditRecordsAreNotDeleted",
        effect: iam.Effect.DENY,
        principals: [new iam.AnyPrincipal()],
        actions: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
        resources: [this.bucket.arnForObjects("v1/audit/*")],
      }),
    );
  }
}

function lifecycleRules(vault: HoldfastConfig["vault"]): s3.LifecycleRule[] {
  const { infrequentAccessAfterDays, glacierAfterDays, deepArchiveAfterDays } = vault.lifecycle;
  const steps: [s3.StorageClass, number | null][] = [
    [s3.StorageClass.INFREQUENT_ACCESS, infrequentAccessAfterDays],
    [s3.StorageClass.GLACIER, glacierAfterDays],
    [s3.StorageClass.DEEP_ARCHIVE, deepArchiveAfterDays],
  ];
  const transitions = steps.flatMap(([storageClass, days]) =>
    days === null ? [] : [{ storageClass, transitionAfter: Duration.days(days) }],
  );
  const everywhere: s3.LifecycleRule = {
    id: "clear-what-was-deleted",
    abortIncompleteMultipartUploadAfter: Duration.days(ABANDONED_UPLOAD_DAYS),
    noncurrentVersionExpiration: Duration.days(vault.deletedVersionDays),
    expiredObjectDeleteMarker: true,
  };
  // Only data ages: a manifest in Glacier could not even say what is in the vault.
  const aging = transitions.length === 0 ? [] : [{ id: "age-data", prefix: "v1/data/", transitions }];
  const { auditDays } = vault;
  const forgetting =
    auditDays === null ? [] : [{ id: "forget-audit", prefix: "v1/audit/", expiration: Duration.days(auditDays) }];
  return [...aging, everywhere, ...forgetting];
}

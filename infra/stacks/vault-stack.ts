/**
 * HoldfastVault: everything that must outlive a deployment. Construct ids here are frozen: changing one replaces what it names.
 * @module
 */
import { aws_kms as kms, RemovalPolicy, Stack, type StackProps, type aws_s3 as s3 } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { HoldfastConfig } from "../../core/config/index.ts";
import { acknowledge } from "../acknowledge.ts";
import { AlertTopic } from "../constructs/alert-topic.ts";
import { catalogTable } from "../constructs/catalog-table.ts";
import { accessLogsBucket, workBucket } from "../constructs/support-buckets.ts";
import { VaultBucket } from "../constructs/vault-bucket.ts";

export interface VaultStackProps extends StackProps {
  readonly config: HoldfastConfig;
}

/** What other stacks know of this one: values it exports, imported by name. */
export interface VaultResources {
  readonly vaultBucketName: string;
  readonly vaultBucketArn: string;
  readonly workBucketName: string;
  readonly workBucketArn: string;
  readonly catalogTableName: string;
  readonly catalogTableArn: string;
  readonly keyArn: string;
  readonly alertTopicArn: string;
  readonly alertKeyArn: string;
}

export class VaultStack extends Stack {
  readonly resources: VaultResources;

  constructor(scope: Construct, id: string, props: VaultStackProps) {
    super(scope, id, props);
    const { vault, installation, alerts } = props.config;
    const removalPolicy = vault.retainOnDelete ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY;
    const { adopt } = vault;
    const accessLogs = accessLogsBucket(this, "AccessLogs", removalPolicy);
    const { bucket } = new VaultBucket(this, "Vault", { vault, accessLogs });
    const work = workBucket(this, "Work", accessLogs, removalPolicy);
    if (adopt !== undefined) {
      nameBucket(accessLogs, adopt.accessLogsBucket);
      nameBucket(bucket, adopt.vaultBucket);
      nameBucket(work, adopt.workBucket);
    }
    // A bucket that outlives the stack keeps what protects it: TLS only, audit records written once.
    for (const { policy } of [accessLogs, bucket, work]) policy?.applyRemovalPolicy(removalPolicy);
    const catalog = catalogTable(this, "Catalog", vault.retainOnDelete, adopt?.catalogTable);
    const alert = new AlertTopic(this, "Alerts", { installation, emails: alerts.emails, removalPolicy });
    this.resources = {
      vaultBucketName: this.exportValue(bucket.bucketName),
      vaultBucketArn: this.exportValue(bucket.bucketArn),
      workBucketName: this.exportValue(work.bucketName),
      workBucketArn: this.exportValue(work.bucketArn),
      catalogTableName: this.exportValue(catalog.tableName),
      catalogTableArn: this.exportValue(catalog.tableArn),
      keyArn: this.envelopeKeyArn(props.config, removalPolicy),
      alertTopicArn: this.exportValue(alert.topic.topicArn),
      alertKeyArn: this.exportValue(alert.key.keyArn),
    };
  }
  /** A key that is adopted stays outside of the stack: CloudFormation imports by names, and a key has none. */
  private envelopeKeyArn({ installation, vault }: HoldfastConfig, removalPolicy: RemovalPolicy): string {
    if (vault.adopt !== undefined) return vault.adopt.keyArn;
    const key = new kms.Key(this, "EnvelopeKey", {
      description: `Wraps the data keys of every restore point of Holdfast ${installation}; without it the vault cannot be read`,
      alias: `holdfast/${installation}`,
      enableKeyRotation: true,
      removalPolicy,
    });
    return this.exportValue(key.keyArn);
  }
}

/**
 * Names a bucket and its policy in words, not by a reference: only then does CloudFormation find what is there already.
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-automatically.html
 */
function nameBucket(bucket: Pick<s3.IBucket, "node" | "policy">, name: string): void {
  const resource = bucket.node.defaultChild as s3.CfnBucket;
  resource.bucketName = name;
  const policy = bucket.policy?.node.defaultChild as s3.CfnBucketPolicy | undefined;
  if (policy === undefined) return;
  acknowledge(
    policy,
    "AwsSolutions-S10",
    "It refuses requests without TLS as ever; the rule knows a bucket by reference only.",
  );
  policy.bucket = name;
  policy.addResourceDependency(resource);
}

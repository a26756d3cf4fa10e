import { Match } from "aws-cdk-lib/assertions";
import { describe, expect, it } from "vitest";
import { maximal, minimal, synthesize } from "./support/synthesized.ts";

const small = synthesize(minimal).vault;
const large = synthesize(maximal).vault;

const vaultBucket = (template: typeof small) =>
  Object.values(template.findResources("AWS::S3::Bucket", { Properties: { ObjectLockEnabled: true } }))[0];

describe("the vault's bucket", () => {
  it("is versioned, locked without default retention, encrypted by S3 itself, closed", () => {
    small.hasResourceProperties("AWS::S3::Bucket", {
      VersioningConfiguration: { Status: "Enabled" },
      ObjectLockEnabled: true,
      ObjectLockConfiguration: Match.absent(),
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
  });

  it("ages data at 30, 90 and 365 days and never metadata", () => {
    const rules = vaultBucket(small)?.Properties.LifecycleConfiguration.Rules as Record<string, unknown>[];
    expect(rules.filter((rule) => rule.Transitions !== undefined)).toEqual([
      {
        Id: "age-data",
        Prefix: "v1/data/",
        Status: "Enabled",
        Transitions: [
          { StorageClass: "STANDARD_IA", TransitionInDays: 30 },
          { StorageClass: "GLACIER", TransitionInDays: 90 },
          { StorageClass: "DEEP_ARCHIVE", TransitionInDays: 365 },
        ],
      },
    ]);
  });

  it("ages data as configured, null meaning never", () => {
    const rules = vaultBucket(large)?.Properties.LifecycleConfiguration.Rules as Record<string, unknown>[];
    expect(rules[0]).toMatchObject({
      Transitions: [
        { StorageClass: "STANDARD_IA", TransitionInDays: 45 },
        { StorageClass: "GLACIER", TransitionInDays: 100 },
      ],
    });
    expect(rules[1]).toMatchObject({ NoncurrentVersionExpiration: { NoncurrentDays: 14 } });
  });

  it("clears abandoned uploads and deleted versions, and expires no current object", () => {
    const rules = vaultBucket(small)?.Properties.LifecycleConfiguration.Rules as Record<string, unknown>[];
    expect(rules[1]).toMatchObject({
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      NoncurrentVersionExpiration: { NoncurrentDays: 30 },
      ExpiredObjectDeleteMarker: true,
    });
    expect(JSON.stringify(rules)).not.toContain("ExpirationInDays");
  });

  it("ends audit records by lifecycle alone, and only where the configuration says when", () => {
    const { vault } = synthesize({ ...minimal, vault: { auditDays: 2557 } });
    const rules = vaultBucket(vault)?.Properties.LifecycleConfiguration.Rules as Record<string, unknown>[];
    expect(rules.filter(({ ExpirationInDays }) => ExpirationInDays !== undefined)).toEqual([
      { Id: "forget-audit", Prefix: "v1/audit/", Status: "Enabled", ExpirationInDays: 2557 },
    ]);
  });

  it("refuses whatever would overwrite an object, and every deletion of an audit record", () => {
    small.hasResourceProperties("AWS::S3::BucketPolicy", {
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Sid: "ObjectsAreNotOverwritten",
            Effect: "Deny",
            Action: "s3:PutObject",
            Principal: { AWS: "*" },
            Resource: { "Fn::Join": ["", [Match.anyValue(), "/v1/*"]] },
            Condition: { Null: { "s3:if-none-match": "true" }, Bool: { "s3:ObjectCreationOperation": "true" } },
          }),
          Match.objectLike({
            Sid: "AuditRecordsAreNotDeleted",
            Effect: "Deny",
            Action: ["s3:DeleteObject", "s3:DeleteObjectVersion"],
          }),
        ]),
      },
    });
  });
});

describe("every bucket", () => {
  it("refuses requests without TLS", () => {
    const policies = Object.values(small.findResources("AWS::S3::BucketPolicy"));
    expect(policies).toHaveLength(3);
    for (const policy of policies) {
      expect(JSON.stringify(policy)).toContain('"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"');
    }
  });
});

describe("the work bucket", () => {
  it("forgets within a week and keeps no versions", () => {
    small.hasResourceProperties("AWS::S3::Bucket", {
      VersioningConfiguration: Match.absent(),
      LifecycleConfiguration: { Rules: [Match.objectLike({ ExpirationInDays: 7 })] },
    });
  });
});

describe("the catalog", () => {
  it("is on demand, recoverable to a point in time, protected, with the index and expiry the code uses", () => {
    small.hasResourceProperties("AWS::DynamoDB::GlobalTable", {
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      GlobalSecondaryIndexes: [
        Match.objectLike({
          IndexName: "GSI1",
          KeySchema: [
            { AttributeName: "gsi1pk", KeyType: "HASH" },
            { AttributeName: "gsi1sk", KeyType: "RANGE" },
          ],
        }),
      ],
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
      Replicas: [
        Match.objectLike({
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        }),
      ],
    });
  });
});

describe("keys and alerts", () => {
  it("rotate, both of them", () => {
    const keys = Object.values(small.findResources("AWS::KMS::Key"));
    expect(keys.map((key) => key.Properties.EnableKeyRotation)).toEqual([true, true]);
  });

  it("let alarms, rules and schedules publish to the encrypted topic", () => {
    small.hasResourceProperties("AWS::KMS::Key", {
      KeyPolicy: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Sid: "ServicesThatPublishAlerts",
            Action: ["kms:Decrypt", "kms:GenerateDataKey*"],
            Principal: { Service: ["cloudwatch.amazonaws.com", "events.amazonaws.com", "scheduler.amazonaws.com"] },
          }),
        ]),
      },
    });
    small.hasResourceProperties("AWS::SNS::Topic", { KmsMasterKeyId: Match.anyValue() });
  });

  it("subscribe every address", () => {
    large.hasResourceProperties("AWS::SNS::Subscription", { Protocol: "email", Endpoint: "ops@example.com" });
    small.resourceCountIs("AWS::SNS::Subscription", 0);
  });
});

it("is deployed before what imports from it, and deleted after it", () => {
  expect(synthesize(minimal).before).toEqual(["HoldfastVault"]);
});

describe("deleting the stack", () => {
  const stateful = ["AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::DynamoDB::GlobalTable", "AWS::KMS::Key"];

  it("leaves everything stateful where it is, by default", () => {
    for (const type of stateful) {
      for (const resource of Object.values(small.findResources(type))) {
        expect(resource).toMatchObject({ DeletionPolicy: "Retain", UpdateReplacePolicy: "Retain" });
      }
    }
  });

  it("takes all of it along only where the configuration says so", () => {
    const { vault } = synthesize({ ...minimal, vault: { retainOnDelete: false } });
    for (const type of stateful) {
      for (const resource of Object.values(vault.findResources(type)))
        expect(resource).toMatchObject({ DeletionPolicy: "Delete" });
    }
  });
});

describe("adopting what an installation of before has left", () => {
  const keyArn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
  const adopt = {
    vaultBucket: "old-vault",
    workBucket: "old-work",
    accessLogsBucket: "old-logs",
    catalogTable: "old-catalog",
    keyArn,
  };
  const { vault, backups, findings } = synthesize({ ...minimal, vault: { adopt } });

  it("says every name in words, under the ids of before, retained: CloudFormation imports nothing else", () => {
    const names = (type: string, property: string) =>
      Object.entries(vault.findResources(type)).map(([id, { Properties, DeletionPolicy }]) => {
        expect(DeletionPolicy, id).toBe("Retain");
        return [id, Properties[property]];
      });
    const buckets = names("AWS::S3::Bucket", "BucketName");
    expect(Object.fromEntries(buckets)).toEqual({
      AccessLogs8B620ECA: "old-logs",
      VaultBucket0925C477: "old-vault",
      WorkBF636A8B: "old-work",
    });
    expect(names("AWS::DynamoDB::GlobalTable", "TableName")).toEqual([["Catalog742F25FD", "old-catalog"]]);
    const policies = names("AWS::S3::BucketPolicy", "Bucket").map(([, bucket]) => bucket);
    expect(policies.toSorted()).toEqual(["old-logs", "old-vault", "old-work"]);
  });

  it("asks for what is there, and changes nothing of it but its name", () => {
    const before = Object.values(small.findResources("AWS::S3::Bucket")).map(({ Properties }) => Properties);
    const after = Object.values(vault.findResources("AWS::S3::Bucket")).map(({ Properties }) => Properties);
    expect(after.map(({ BucketName, ...rest }) => rest)).toEqual(before);
  });

  it("goes on with the old key, so that old restore points open", () => {
    expect(Object.keys(vault.findResources("AWS::KMS::Key"))).toEqual(["AlertsKey9E1197AF"]);
    const used = JSON.stringify(backups.toJSON());
    expect(used).toContain(keyArn);
    expect(JSON.stringify(backups.findResources("AWS::SSM::Parameter"))).toContain(keyArn);
    expect(findings).toEqual([]);
  });

  it("is refused for what the stack would delete", () => {
    expect(() => synthesize({ ...minimal, vault: { adopt, retainOnDelete: false } })).toThrow(/retainOnDelete/);
  });
});

describe("tags", () => {
  it("are on what can carry them", () => {
    large.hasResourceProperties("AWS::SNS::Topic", { Tags: [{ Key: "team", Value: "data" }] });
  });
});

describe("construct ids", () => {
  it("are frozen: another logical id would replace what it names", () => {
    const frozen = ["AWS::S3::Bucket", "AWS::DynamoDB::GlobalTable", "AWS::KMS::Key", "AWS::SNS::Topic"].flatMap(
      (type) => Object.keys(small.findResources(type)),
    );
    expect(frozen.sort()).toMatchInlineSnapshot(`
      [
        "AccessLogs8B620ECA",
        "AlertsKey9E1197AF",
        "AlertsTopicCF7C81C9",
        "Catalog742F25FD",
        "EnvelopeKey0499CB8D",
        "VaultBucket0925C477",
        "WorkBF636A8B",
      ]
    `);
  });
});

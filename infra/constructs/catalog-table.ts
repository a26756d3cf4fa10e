/**
 * The catalog: a rebuildable index of the vault, and the state of runs.
 * @module
 */
import { aws_dynamodb as dynamodb, RemovalPolicy } from "aws-cdk-lib";
import type { Construct } from "constructs";

const text = (name: string) => ({ name, type: dynamodb.AttributeType.STRING });

/** @param name of a table that is there already; without it CloudFormation makes one up */
export function catalogTable(scope: Construct, id: string, retain: boolean, name?: string): dynamodb.TableV2 {
  return new dynamodb.TableV2(scope, id, {
    ...(name === undefined ? {} : { tableName: name }),
    partitionKey: text("pk"),
    sortKey: text("sk"),
    // Restore points and runs by status and time.
    globalSecondaryIndexes: [{ indexName: "GSI1", partitionKey: text("gsi1pk"), sortKey: text("gsi1sk") }],
    timeToLiveAttribute: "expiresAt",
    billing: dynamodb.Billing.onDemand(),
    encryption: dynamodb.TableEncryptionV2.awsManagedKey(),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: retain,
    removalPolicy: retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
  });
}

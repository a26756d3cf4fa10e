/**
 * Restore points: written after their manifest, so whatever stands here can be restored.
 * @module
 */
import { type RestorePoint, SCHEMA } from "./items.ts";
import { restorePointKey, STATUS_INDEX, sourceKey, statusKey } from "./keys.ts";
import type { Item, Table } from "./table.ts";

const statuses: readonly RestorePoint["status"][] = ["available", "quarantined"];

export function restorePoints(table: Table) {
  const list = async (source?: string, limit = Number.POSITIVE_INFINITY): Promise<RestorePoint[]> => {
    if (source !== undefined) {
      const items = await table.query(
        {
          KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
          ExpressionAttributeValues: { ":pk": sourceKey(source), ":prefix": "RP#" },
          ScanIndexForward: false,
          ConsistentRead: true,
        },
        limit,
      );
      return items.map(asRestorePoint);
    }
    const found = await Promise.all(statuses.map((status) => byStatus(table, status)));
    return found
      .flat()
      .toSorted((a, b) => b.restorePointId.localeCompare(a.restorePointId))
      .slice(0, limit);
  };

  return {
    /** Files a restore point that the catalog does not have; one that is there keeps what verifications said of it. */
    async put(point: RestorePoint): Promise<void> {
      await table.putNew({
        ...restorePointKey(point.source, point.restorePointId),
        schema: SCHEMA,
        ...point,
        gsi1pk: statusKey(point.status),
        gsi1sk: point.restorePointId,
      });
    },

    /** Newest first; without a source, of all sources. */
    list,

    /** Without a source, whichever has it: ids do not repeat. */
    async get(restorePointId: string, source?: string): Promise<RestorePoint | undefined> {
      if (source !== undefined) {
        const item = await table.get(restorePointKey(source, restorePointId));
        return item === undefined ? undefined : asRestorePoint(item);
      }
      const found = await Promise.all(statuses.map((status) => byStatus(table, status, restorePointId)));
      return found.flat()[0];
    },

    /** What a verification found; damage quarantines the restore point. */
    async markVerified(point: RestorePoint, verified: NonNullable<RestorePoint["verified"]>): Promise<void> {
      const status = verified.isValid ? point.status : "quarantined";
      await table.update(restorePointKey(point.source, point.restorePointId), {
        UpdateExpression: "SET verified = :verified, #status = :status, gsi1pk = :gsi1pk",
        ConditionExpression: "attribute_exists(pk)",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: { ":verified": verified, ":status": status, ":gsi1pk": statusKey(status) },
      });
    },
  };
}

async function byStatus(table: Table, status: string, id?: string): Promise<RestorePoint[]> {
  const items = await table.query({
    IndexName: STATUS_INDEX,
    KeyConditionExpression: id === undefined ? "gsi1pk = :pk" : "gsi1pk = :pk AND gsi1sk = :id",
    ExpressionAttributeValues: { ":pk": statusKey(status), ...(id === undefined ? {} : { ":id": id }) },
  });
  return items.map(asRestorePoint);
}

function asRestorePoint(item: Item): RestorePoint {
  const { pk, sk, schema, gsi1pk, gsi1sk, ...point } = item;
  return point as unknown as RestorePoint;
}

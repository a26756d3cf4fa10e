/**
 * Restore points: written after their manifest, so whatever stands here could be restored when it was written.
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { StoreThrottledError } from "../errors.ts";
import { type RestorePoint, SCHEMA } from "./items.ts";
import { restorePointKey, STATUS_INDEX, sourceKey, statusKey } from "./keys.ts";
import type { Item, Table } from "./table.ts";

const statuses: readonly RestorePoint["status"][] = ["available", "quarantined", "missing"];
/** A verification may say something at the same moment; it does so once. */
const RECONCILE_ATTEMPTS = 5;

/** What became of a restore point that the vault has. */
export type Reconciled = "filed" | "updated" | "unchanged";

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
      await table.putNew(itemOf(point));
    },

    /**
     * Makes the catalog say what the vault says. What a verification has said here stays: the newest of both counts, and damage
     * always does. @throws StoreThrottledError `catalog-busy`
     */
    async reconcile(point: RestorePoint): Promise<Reconciled> {
      for (let attempt = 1; attempt <= RECONCILE_ATTEMPTS; attempt += 1) {
        const item = await table.get(restorePointKey(point.source, point.restorePointId));
        if (item === undefined) {
          if (await table.putNew(itemOf(point))) return "filed";
          continue;
        }
        const next = { ...item, ...itemOf(withVerdictOf(asRestorePoint(item), point)) };
        if (isDeepStrictEqual(next, item)) return "unchanged";
        if (await replace(table, item, next)) return "updated";
      }
      throw new StoreThrottledError("catalog-busy", `restore point ${point.restorePointId} could not be filed`);
    },

    /** The vault has it no more; should it come back, damage is not forgotten. @returns false when something else was said of it meanwhile. */
    async markMissing(point: RestorePoint): Promise<boolean> {
      const marked = await table.update(restorePointKey(point.source, point.restorePointId), {
        UpdateExpression: `SET #status = :missing, gsi1pk = :gsi1pk${isDamaged(point) ? ", wasQuarantined = :true" : ""}`,
        ConditionExpression: "#status = :known",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: {
          ":missing": "missing",
          ":known": point.status,
          ":gsi1pk": statusKey("missing"),
          ...(isDamaged(point) ? { ":true": true } : {}),
        },
      });
      return marked !== undefined;
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

    /** What a verification found; damage quarantines the restore point, whatever others have found before or find late. */
    async markVerified(point: RestorePoint, verified: NonNullable<RestorePoint["verified"]>): Promise<void> {
      const key = restorePointKey(point.source, point.restorePointId);
      if (verified.isValid) {
        // Leaves the status alone: another verification may have found damage since this one looked.
        await table.update(key, {
          UpdateExpression: "SET verified = :verified",
          ConditionExpression: "attribute_exists(pk) AND (attribute_not_exists(verified) OR verified.#at <= :at)",
          ExpressionAttributeNames: { "#at": "at" },
          ExpressionAttributeValues: { ":verified": verified, ":at": verified.at },
        });
        return;
      }
      await table.update(key, {
        UpdateExpression: "SET verified = :verified, #status = :quarantined, gsi1pk = :gsi1pk",
        ConditionExpression: "attribute_exists(pk)",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: {
          ":verified": verified,
          ":quarantined": "quarantined",
          ":gsi1pk": statusKey("quarantined"),
        },
      });
    },
  };
}

function itemOf(point: RestorePoint): Item {
  return {
    ...restorePointKey(point.source, point.restorePointId),
    schema: SCHEMA,
    ...point,
    gsi1pk: statusKey(point.status),
    gsi1sk: point.restorePointId,
  };
}

const isDamaged = ({ status, wasQuarantined }: RestorePoint): boolean =>
  status === "quarantined" || wasQuarantined === true;

function withVerdictOf(known: RestorePoint, point: RestorePoint): RestorePoint {
  const verified = [known.verified, point.verified]
    .filter((one) => one !== undefined)
    .reduce<RestorePoint["verified"]>(
      (newest, one) => (newest !== undefined && newest.at >= one.at ? newest : one),
      undefined,
    );
  return {
    ...point,
    status: isDamaged(known) || isDamaged(point) ? "quarantined" : "available",
    ...(verified === undefined ? {} : { verified }),
  };
}

/** Unless a verification has changed it since it was read. */
function replace(table: Table, known: Item, next: Item): Promise<boolean> {
  const { status, verified } = asRestorePoint(known);
  const isVerdict = verified === undefined ? "attribute_not_exists(verified)" : "verified.#at = :at";
  return table.transact((TableName) => [
    {
      Put: {
        TableName,
        Item: { ...next },
        ConditionExpression: `#status = :status AND ${isVerdict}`,
        ExpressionAttributeNames: { "#status": "status", ...(verified === undefined ? {} : { "#at": "at" }) },
        ExpressionAttributeValues: { ":status": status, ...(verified === undefined ? {} : { ":at": verified.at }) },
      },
    },
  ]);
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

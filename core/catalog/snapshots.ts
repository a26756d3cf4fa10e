/**
 * The chain of sessions that hold one exported snapshot: `SNAPSHOT#n` is written by holder n and read by n+1 and all workers.
 * @module
 */
import { type Run, SCHEMA, type Settings, type Snapshot } from "./items.ts";
import { runPartition, snapshotKey, snapshotPrefix } from "./keys.ts";
import type { Item, Table } from "./table.ts";

export interface NewSnapshot {
  readonly n: number;
  readonly snapshotId: string;
  readonly handoverAt: Date;
  readonly base?: Settings;
}

export function snapshots(table: Table) {
  async function get(run: Run, n: number): Promise<Snapshot | undefined> {
    const item = await table.get(snapshotKey(run.runId, run.epoch, n));
    return item === undefined ? undefined : asSnapshot(item);
  }

  return {
    /**
     * Once per place in the chain: a second holder n has a snapshot of another moment, and workers would mix the two.
     * @returns whether the snapshot that stands there now is this one; also true when the first answer was lost.
     */
    async publish(run: Run, snapshot: NewSnapshot): Promise<boolean> {
      const isFirst = await table.putNew({
        ...snapshotKey(run.runId, run.epoch, snapshot.n),
        schema: SCHEMA,
        ...snapshot,
        epoch: run.epoch,
        publishedAt: table.now(),
        handoverAt: snapshot.handoverAt.toISOString(),
        expiresAt: table.runExpiry(),
      });
      return isFirst || (await get(run, snapshot.n))?.snapshotId === snapshot.snapshotId;
    },

    get,

    /** The one to import now. */
    async newest(run: Run): Promise<Snapshot | undefined> {
      const [item] = await table.query(
        {
          KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
          ExpressionAttributeValues: { ":pk": runPartition(run.runId), ":prefix": snapshotPrefix(run.epoch) },
          ScanIndexForward: false,
          ConsistentRead: true,
        },
        1,
      );
      return item === undefined ? undefined : asSnapshot(item);
    },
  };
}

function asSnapshot(item: Item): Snapshot {
  const { pk, sk, schema, expiresAt, ...snapshot } = item;
  return snapshot as unknown as Snapshot;
}

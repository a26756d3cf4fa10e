/**
 * One run at a time per source (or target): a conditional item with an owner and an end.
 * @module
 */
import { LeaseHeldError } from "../errors.ts";
import { SCHEMA } from "./items.ts";
import { leaseKey, type Subject } from "./keys.ts";
import type { Item, Table } from "./table.ts";

/** Longer than one function, so that a run between two beats keeps what is its own. */
export const LEASE_SECONDS = 20 * 60;

export interface LeaseRequest {
  readonly subject: Subject;
  readonly runId: string;
  /** The execution's ARN: the same for every retry of it. */
  readonly owner: string;
  /** From a schedule: a second delivery of the same moment is not a second run. */
  readonly scheduledAt?: string;
}

export interface Lease {
  readonly owner: string;
  readonly runId: string;
  readonly until: Date;
}

export function leases(table: Table) {
  const until = () => table.nowMillis() + LEASE_SECONDS * 1000;

  return {
    /** Whose it is, and until when; it may have run out. */
    async get(subject: Subject): Promise<Lease | undefined> {
      const item = await table.get(leaseKey(subject));
      if (typeof item?.owner !== "string") return undefined;
      return { owner: item.owner, runId: String(item.runId), until: new Date(Number(item.leaseUntil)) };
    },

    /** Takes or renews; idempotent per owner. @throws LeaseHeldError `lease-held`, `already-delivered` */
    async take(request: LeaseRequest): Promise<void> {
      const { subject, runId, owner, scheduledAt } = request;
      const delivered =
        " AND (attribute_not_exists(lastScheduledAt) OR lastScheduledAt <> :scheduledAt OR #owner = :owner)";
      const taken = await table.update(leaseKey(subject), {
        UpdateExpression:
          "SET #schema = :schema, #owner = :owner, runId = :runId, takenAt = if_not_exists(takenAt, :at), leaseUntil = :until" +
          (scheduledAt === undefined ? "" : ", lastScheduledAt = :scheduledAt"),
        ConditionExpression:
          "(attribute_not_exists(#owner) OR #owner = :owner OR leaseUntil < :now)" +
          (scheduledAt === undefined ? "" : delivered),
        ExpressionAttributeNames: { "#schema": "schema", "#owner": "owner" },
        ExpressionAttributeValues: {
          ":schema": SCHEMA,
          ":owner": owner,
          ":runId": runId,
          ":at": table.now(),
          ":now": table.nowMillis(),
          ":until": until(),
          ...(scheduledAt === undefined ? {} : { ":scheduledAt": scheduledAt }),
        },
      });
      if (taken === undefined) throw refusal(request, await table.get(leaseKey(subject)), table.nowMillis());
    },

    /** @throws LeaseHeldError `lease-lost` when another run has taken it meanwhile. */
    async renew(subject: Subject, owner: string): Promise<void> {
      const renewed = await table.update(leaseKey(subject), {
        UpdateExpression: "SET leaseUntil = :until",
        ConditionExpression: "#owner = :owner",
        ExpressionAttributeNames: { "#owner": "owner" },
        ExpressionAttributeValues: { ":owner": owner, ":until": until() },
      });
      if (renewed === undefined) {
        throw new LeaseHeldError("lease-lost", `the lease on ${named(subject)} is no longer this run's`, {
          hint: "The run stood still for longer than its lease; another one has begun.",
        });
      }
    },

    /** Gives it back; nothing happens when it is another's. The last schedule's moment stays. */
    async release(subject: Subject, owner: string): Promise<void> {
      await table.update(leaseKey(subject), {
        UpdateExpression: "REMOVE #owner, runId, takenAt, leaseUntil",
        ConditionExpression: "#owner = :owner",
        ExpressionAttributeNames: { "#owner": "owner" },
        ExpressionAttributeValues: { ":owner": owner },
      });
    },
  };
}

function refusal(request: LeaseRequest, held: Item | undefined, now: number): LeaseHeldError {
  const isLive = typeof held?.owner === "string" && held.owner !== request.owner && Number(held.leaseUntil) >= now;
  if (!isLive && request.scheduledAt !== undefined && held?.lastScheduledAt === request.scheduledAt) {
    return new LeaseHeldError(
      "already-delivered",
      `the run scheduled at ${request.scheduledAt} has been started before`,
      {
        hint: "Nothing is wrong: a schedule may deliver the same moment twice.",
      },
    );
  }
  return new LeaseHeldError("lease-held", `${named(request.subject)} is held by run ${String(held?.runId)}`, {
    hint: "Wait for that run to end, or stop its execution; cleaning up releases the lease.",
  });
}

function named(subject: Subject): string {
  const [kind = "", id = ""] = subject.split("#");
  return `${kind.toLowerCase()} ${id}`;
}

/**
 * Runs: begun once per execution, moved through phases, finished once.
 * @module
 */
import { CancelledError, type ErrorRecord, PreconditionError } from "../errors.ts";
import { type Finding, PROTOCOL, type Run, type RunKind, type RunStatus, SCHEMA, type Settings } from "./items.ts";
import { runKey, STATUS_INDEX, type Subject, sourceKey, sourceOfRun, statusKey } from "./keys.ts";
import { leases } from "./leases.ts";
import type { Item, Table } from "./table.ts";

export interface NewRun {
  readonly runId: string;
  readonly kind: RunKind;
  readonly phase: string;
  readonly executionArn: string;
  readonly settings: Settings;
  readonly leaseOn?: Subject;
  readonly restorePointId?: string;
  readonly reason?: string;
  readonly scheduledAt?: string;
}

export interface RunEnd {
  readonly status: Exclude<RunStatus, "running">;
  readonly error?: ErrorRecord;
  readonly line?: string;
  readonly findings?: readonly Finding[];
  readonly notes?: Settings;
}

export function runs(table: Table) {
  const get = async (runId: string): Promise<Run | undefined> => {
    const item = await table.get(runKey(runId));
    return item === undefined ? undefined : asRun(item);
  };

  const expect = async (runId: string): Promise<Run> => {
    const run = await get(runId);
    if (run === undefined) throw new PreconditionError("unknown-run", `there is no run ${runId} in the catalog`);
    if (run.protocol !== PROTOCOL) {
      throw new PreconditionError(
        "protocol-mismatch",
        `run ${runId} speaks protocol ${run.protocol}, this function ${PROTOCOL}`,
        {
          hint: "A deploy replaced functions that a run was using; start the run again.",
        },
      );
    }
    return run;
  };

  return {
    get,
    /** @throws PreconditionError `unknown-run`, `protocol-mismatch` */
    expect,

    /** Creates the run, or returns it as it is when this execution has begun it before. */
    async begin(run: NewRun): Promise<Run> {
      const now = table.now();
      const item = {
        ...runKey(run.runId),
        schema: SCHEMA,
        ...run,
        source: sourceOfRun(run.runId),
        status: "running",
        epoch: 1,
        protocol: PROTOCOL,
        startedAt: now,
        heartbeatAt: now,
        gsi1pk: statusKey("running"),
        gsi1sk: `${now}#${run.runId}`,
        expiresAt: table.runExpiry(),
      };
      if (await table.putNew(item)) return asRun(item);
      return expect(run.runId);
    },

    /** Another phase, and small facts for later states. @throws CancelledError when the run has ended. */
    async advance(runId: string, phase: string, notes: Settings = {}): Promise<Run> {
      const run = await expect(runId);
      const merged = { ...run.notes, ...notes };
      return change(table, runId, "SET phase = :phase, notes = :notes, heartbeatAt = :now", {
        ":phase": phase,
        ":notes": merged,
        ":now": table.now(),
      });
    },

    /** Small facts for later states, in whatever phase the run is. @throws CancelledError when it has ended or begun anew. */
    async note(runId: string, epoch: number, notes: Settings): Promise<Run> {
      const run = await expect(runId);
      const changed = await table.update(runKey(runId), {
        UpdateExpression: "SET notes = :notes, heartbeatAt = :now",
        ConditionExpression: "#status = :running AND epoch = :epoch",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: {
          ":notes": { ...run.notes, ...notes },
          ":now": table.now(),
          ":epoch": epoch,
          ":running": "running",
        },
      });
      if (changed !== undefined) return asRun(changed);
      throw runEnded(runId);
    },

    /** Ends the phase `from` if it is still on; says whether it was. */
    async leave(runId: string, epoch: number, from: string, to: string): Promise<boolean> {
      const left = await table.update(runKey(runId), {
        UpdateExpression: "SET phase = :to",
        ConditionExpression: "phase = :from AND epoch = :epoch AND #status = :running",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: { ":to": to, ":from": from, ":epoch": epoch, ":running": "running" },
      });
      return left !== undefined;
    },

    /** The run begins anew: everything of the former epoch is void from now on. Happens once per `from`. */
    async startOver(runId: string, from: number, restorePointId: string, phase: string): Promise<Run> {
      const changed = await table.update(runKey(runId), {
        UpdateExpression:
          "SET epoch = :next, restorePointId = :id, phase = :phase, heartbeatAt = :now REMOVE chunkCounter, chunksPlanned, chunksTaken, notes",
        ConditionExpression: "epoch = :from AND #status = :running",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: {
          ":from": from,
          ":next": from + 1,
          ":id": restorePointId,
          ":phase": phase,
          ":now": table.now(),
          ":running": "running",
        },
      });
      return changed === undefined ? expect(runId) : asRun(changed);
    },

    /** Says that the run is alive and renews its lease. @throws CancelledError, LeaseHeldError */
    async beat(runId: string): Promise<Run> {
      const run = await change(table, runId, "SET heartbeatAt = :now", { ":now": table.now() });
      if (run.leaseOn !== undefined) await leases(table).renew(run.leaseOn as Subject, run.executionArn);
      return run;
    },

    /** Ends the run, its phase left as a trace, and gives its lease back; only the first end counts. @returns false when it had ended before. */
    async finish(runId: string, end: RunEnd): Promise<boolean> {
      const now = table.now();
      const optional = Object.entries({
        error: end.error,
        line: end.line,
        findings: end.findings,
        notes: end.notes,
      }).filter(([, value]) => value !== undefined);
      const ended = await table.update(runKey(runId), {
        UpdateExpression: [
          "SET #status = :status, finishedAt = :now, gsi1pk = :gsi1pk",
          ...optional.map(([name]) => `#${name} = :${name}`),
        ].join(", "),
        ConditionExpression: "#status = :running",
        ExpressionAttributeNames: {
          "#status": "status",
          ...Object.fromEntries(optional.map(([name]) => [`#${name}`, name])),
        },
        ExpressionAttributeValues: {
          ":status": end.status,
          ":now": now,
          ":gsi1pk": statusKey(end.status),
          ":running": "running",
          ...Object.fromEntries(optional.map(([name, value]) => [`:${name}`, value])),
        },
      });
      const run = await get(runId);
      if (run?.leaseOn !== undefined) await leases(table).release(run.leaseOn as Subject, run.executionArn);
      return ended !== undefined;
    },

    async noteFindings(runId: string, findings: readonly Finding[]): Promise<void> {
      await change(table, runId, "SET findings = :findings", { ":findings": findings });
    },

    /** People and programs have been told of the end. */
    async markTold(runId: string): Promise<void> {
      const run = await expect(runId);
      await table.update(runKey(runId), {
        UpdateExpression: "SET notes = :notes",
        ExpressionAttributeValues: { ":notes": { ...run.notes, toldAt: table.now() } },
      });
    },

    /** Newest first. */
    async list(source: string, limit: number): Promise<Run[]> {
      const items = await table.query(
        {
          KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
          ExpressionAttributeValues: { ":pk": sourceKey(source), ":prefix": "RUN#" },
          ScanIndexForward: false,
        },
        limit,
      );
      return items.map(asRun);
    },

    async listByStatus(status: RunStatus, limit: number): Promise<Run[]> {
      const items = await table.query(
        {
          IndexName: STATUS_INDEX,
          KeyConditionExpression: "gsi1pk = :pk",
          ExpressionAttributeValues: { ":pk": statusKey(status) },
          ScanIndexForward: false,
        },
        limit,
      );
      return items.map(asRun);
    },
  };
}

async function change(table: Table, runId: string, expression: string, values: Settings): Promise<Run> {
  const changed = await table.update(runKey(runId), {
    UpdateExpression: expression,
    ConditionExpression: "#status = :running",
    ExpressionAttributeNames: { "#status": "status" },
    ExpressionAttributeValues: { ...values, ":running": "running" },
  });
  if (changed !== undefined) return asRun(changed);
  throw runEnded(runId);
}

function runEnded(runId: string): CancelledError {
  return new CancelledError("run-ended", `run ${runId} has ended meanwhile`, {
    hint: "Its execution was stopped, or another part of it has failed; `holdfast show` tells why.",
  });
}

/** The item without its keys. */
function asRun(item: Item): Run {
  const { pk, sk, schema, gsi1pk, gsi1sk, expiresAt, ...run } = item;
  return run as unknown as Run;
}

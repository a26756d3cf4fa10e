/**
 * Runs: begun once per execution, moved through phases, finished once.
 * @module
 */
import { isDeepStrictEqual } from "node:util";
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
  readonly author?: string;
  readonly scheduledAt?: string;
}

export interface RunEnd {
  readonly status: Exclude<RunStatus, "running">;
  readonly error?: ErrorRecord;
  readonly line?: string;
  readonly findings?: readonly Finding[];
  /** Ends it only when nothing was heard of it since: what still lives is left alone. */
  readonly unheardSince?: Date;
}

/** What a step of a run changes, and when it may. */
export interface Move {
  /** The beginning that the step belongs to. */
  readonly epoch: number;
  /** Phases in which it may; the one it leads to is always among them, for every step may happen twice. Absent: any. */
  readonly from?: readonly string[];
  /** Absent: the phase stays. */
  readonly to?: string;
  readonly notes?: Settings;
}

export interface PlanClaim {
  readonly epoch: number;
  /** The only phase in which there may be a plan. */
  readonly phase: string;
  readonly chunks: number;
  /** So many chunks, from 1 on, are not for `takeNext` to give. */
  readonly handedOut: number;
  readonly plan: unknown;
  readonly snapshot: unknown;
}

/** Each has some hundred bytes; an item may have 400 KB. */
const MOST_FINDINGS = 200;

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

  const renewLease = async (run: Run): Promise<Run> => {
    if (run.leaseOn !== undefined) await leases(table).renew(run.leaseOn as Subject, run.executionArn);
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
        notes: {},
        gsi1pk: statusKey("running"),
        gsi1sk: `${now}#${run.runId}`,
        expiresAt: table.runExpiry(),
      };
      if (await table.putNew(item)) return asRun(item);
      return expect(run.runId);
    },

    /**
     * The run's next phase, and small facts for later states, each set by itself: concurrent notes lose nothing.
     * @throws CancelledError `run-ended`; `run-moved-on` when another beginning, or a later phase, is on by now;
     *   LeaseHeldError `lease-lost`
     */
    async advance(runId: string, move: Move): Promise<Run> {
      const changed = await table.update(runKey(runId), moving(move, table.now()));
      if (changed !== undefined) return renewLease(asRun(changed));
      throw movedOn(await expect(runId), move);
    },

    /**
     * Notes the plan of a beginning, and how many of its chunks are handed out from the start: the first planner to be done
     * wins, and every other one goes on with the winner's plan.
     * @returns the run, whoever has planned it. @throws CancelledError `run-ended`, `run-moved-on`
     */
    async claimPlan(runId: string, claim: PlanClaim): Promise<Run> {
      const { epoch, phase, chunks, handedOut, plan, snapshot } = claim;
      const changed = await table.update(runKey(runId), {
        UpdateExpression:
          "SET notes.#plan = :plan, notes.#snapshot = :snapshot, heartbeatAt = :now, chunkCounter = :chunks, chunksPlanned = :chunks, chunksTaken = :taken",
        ConditionExpression:
          "#status = :running AND epoch = :epoch AND phase = :phase AND attribute_not_exists(notes.#plan)",
        ExpressionAttributeNames: { "#status": "status", "#plan": "plan", "#snapshot": "snapshot" },
        ExpressionAttributeValues: {
          ":plan": plan,
          ":snapshot": snapshot,
          ":now": table.now(),
          ":chunks": chunks,
          ":taken": handedOut,
          ":running": "running",
          ":epoch": epoch,
          ":phase": phase,
        },
      });
      if (changed !== undefined) return asRun(changed);
      const run = await expect(runId);
      if (run.status === "running" && run.epoch === epoch && run.notes?.plan !== undefined) return run;
      throw movedOn(run, { epoch, from: [phase] });
    },

    /** Adds warnings that are not among the run's yet, up to `most`; of several at once none is lost. */
    async warn(runId: string, warnings: readonly string[], most: number): Promise<void> {
      for (const warning of new Set(warnings)) {
        await table.update(runKey(runId), {
          UpdateExpression:
            "SET notes.warnings = list_append(if_not_exists(notes.warnings, :none), :one), heartbeatAt = :now",
          ConditionExpression:
            "#status = :running AND (attribute_not_exists(notes.warnings) OR (NOT contains(notes.warnings, :warning) AND size(notes.warnings) < :most))",
          ExpressionAttributeNames: { "#status": "status" },
          ExpressionAttributeValues: {
            ":none": [],
            ":one": [warning],
            ":warning": warning,
            ":most": most,
            ":now": table.now(),
            ":running": "running",
          },
        });
      }
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
          "SET epoch = :next, restorePointId = :id, phase = :phase, heartbeatAt = :now, notes = :none REMOVE chunkCounter, chunksPlanned, chunksTaken",
        ConditionExpression: "epoch = :from AND #status = :running",
        ExpressionAttributeNames: { "#status": "status" },
        ExpressionAttributeValues: {
          ":from": from,
          ":next": from + 1,
          ":id": restorePointId,
          ":phase": phase,
          ":now": table.now(),
          ":none": {},
          ":running": "running",
        },
      });
      return changed === undefined ? expect(runId) : asRun(changed);
    },

    /** Says that the run is alive and renews its lease. @throws CancelledError, LeaseHeldError */
    async beat(runId: string): Promise<Run> {
      return renewLease(await change(table, runId, "SET heartbeatAt = :now", { ":now": table.now() }));
    },

    /** Ends the run, its phase left as a trace, and gives its lease back; only the first end counts. @returns false when it had ended before. */
    async finish(runId: string, end: RunEnd): Promise<boolean> {
      const now = table.now();
      const optional = Object.entries({ error: end.error, line: end.line, findings: end.findings }).filter(
        ([, value]) => value !== undefined,
      );
      const { unheardSince } = end;
      const ended = await table.update(runKey(runId), {
        UpdateExpression: [
          "SET #status = :status, finishedAt = :now, gsi1pk = :gsi1pk",
          ...optional.map(([name]) => `#${name} = :${name}`),
        ].join(", "),
        ConditionExpression: `#status = :running${unheardSince === undefined ? "" : " AND heartbeatAt < :since"}`,
        ExpressionAttributeNames: {
          "#status": "status",
          ...Object.fromEntries(optional.map(([name]) => [`#${name}`, name])),
        },
        ExpressionAttributeValues: {
          ":status": end.status,
          ":now": now,
          ":gsi1pk": statusKey(end.status),
          ":running": "running",
          ...(unheardSince === undefined ? {} : { ":since": unheardSince.toISOString() }),
          ...Object.fromEntries(optional.map(([name, value]) => [`:${name}`, value])),
        },
      });
      const run = await get(runId);
      if (run !== undefined && run.status !== "running" && run.leaseOn !== undefined)
        await leases(table).release(run.leaseOn as Subject, run.executionArn);
      return ended !== undefined;
    },

    /** Adds findings that the run does not have yet, as far as its item has room; steps that follow each other lose none. */
    async addFindings(runId: string, findings: readonly Finding[]): Promise<void> {
      if (findings.length === 0) return;
      const { findings: known = [] } = await expect(runId);
      const fresh = findings.filter((one) => !known.some((other) => isDeepStrictEqual(one, other)));
      const all = [...known, ...fresh].slice(0, MOST_FINDINGS);
      if (fresh.length > 0) await change(table, runId, "SET findings = :findings", { ":findings": all });
    },

    /** In place of those it has. */
    async setFindings(runId: string, findings: readonly Finding[]): Promise<void> {
      await change(table, runId, "SET findings = :findings", { ":findings": findings });
    },

    /** People and programs have been told of the end. */
    async markTold(runId: string): Promise<void> {
      await table.update(runKey(runId), {
        UpdateExpression: "SET toldAt = :now",
        ConditionExpression: "attribute_exists(pk)",
        ExpressionAttributeValues: { ":now": table.now() },
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

/** The phase it leads to is allowed too: the first delivery of the same step may have been there. */
function moving({ epoch, from, to, notes = {} }: Move, now: string) {
  const facts = Object.entries(notes).filter(([, value]) => value !== undefined);
  const phases = from === undefined ? [] : to === undefined ? from : [...from, to];
  return {
    UpdateExpression: [
      "SET heartbeatAt = :now",
      ...(to === undefined ? [] : ["phase = :to"]),
      ...facts.map((_, index) => `notes.#note${index} = :note${index}`),
    ].join(", "),
    ConditionExpression: [
      "#status = :running AND epoch = :epoch",
      ...(phases.length === 0 ? [] : [`phase IN (${phases.map((_, index) => `:phase${index}`).join(", ")})`]),
    ].join(" AND "),
    ExpressionAttributeNames: {
      "#status": "status",
      ...Object.fromEntries(facts.map(([name], index) => [`#note${index}`, name])),
    },
    ExpressionAttributeValues: {
      ":now": now,
      ":running": "running",
      ":epoch": epoch,
      ...(to === undefined ? {} : { ":to": to }),
      ...Object.fromEntries(facts.map(([, value], index) => [`:note${index}`, value])),
      ...Object.fromEntries(phases.map((phase, index) => [`:phase${index}`, phase])),
    },
  };
}

function movedOn(run: Run, { epoch, from = [] }: Pick<Move, "epoch" | "from">): CancelledError {
  if (run.status !== "running") return runEnded(run.runId);
  const expected = `beginning ${epoch}${from.length === 0 ? "" : `, ${from.join(" or ")}`}`;
  return new CancelledError(
    "run-moved-on",
    `run ${run.runId} is at beginning ${run.epoch}, ${run.phase}; this step belongs to ${expected}`,
    { hint: "A late or repeated call of a step; nothing was changed, and nothing needs to be done." },
  );
}

export function runEnded(runId: string): CancelledError {
  return new CancelledError("run-ended", `run ${runId} has ended meanwhile`, {
    hint: "Its execution was stopped, or another part of it has failed; `holdfast show` tells why.",
  });
}

/** The item without its keys. */
function asRun(item: Item): Run {
  const { pk, sk, schema, gsi1pk, gsi1sk, expiresAt, ...run } = item;
  return run as unknown as Run;
}

/**
 * Chunks of a run: planned together, attempted any number of times, won once.
 * @module
 */
import { CancelledError, StoreThrottledError } from "../errors.ts";
import { type Chunk, type Progress, type Run, SCHEMA, type Settings } from "./items.ts";
import { chunkKey, runKey, runPartition } from "./keys.ts";
import type { Item, Table } from "./table.ts";

export interface NewChunk<Body> {
  readonly n: number;
  readonly body: Body;
  readonly bytesEstimate: number;
}

/** What an attempt brought; `winner` says where it lies in the words of the kind of run. */
export interface Outcome<Winner> {
  readonly winner: Winner;
  readonly plainBytes: number;
  readonly storedBytes: number;
  readonly rows: number;
}

/** More lines of work than a source may have connections never ask at once. */
const TAKE_ATTEMPTS = 200;

export function chunks(table: Table) {
  const list = async (runId: string): Promise<Chunk[]> =>
    (await table.list(runPartition(runId), "CHUNK#")).map((item) => asChunk(item));

  return {
    /**
     * Replaces whatever was planned for the run before. Chunk numbers begin at 1.
     * @param handedOut so many, from 1 on, are not for `takeNext` to give
     */
    async plan(run: Run, planned: readonly NewChunk<Settings>[], handedOut = planned.length): Promise<void> {
      const former = await list(run.runId);
      const kept = new Set(planned.map(({ n }) => n));
      await table.deleteAll(former.filter(({ n }) => !kept.has(n)).map(({ n }) => chunkKey(run.runId, n)));
      await table.putAll(planned.map((chunk) => newItem(table, run, chunk)));
      const counter = planned.reduce((most, { n }) => Math.max(most, n), 0);
      await table.update(runKey(run.runId), {
        UpdateExpression: "SET chunkCounter = :counter, chunksPlanned = :counter, chunksTaken = :taken",
        ExpressionAttributeValues: { ":counter": counter, ":taken": handedOut },
      });
    },

    /**
     * The next planned chunk that nobody has, for whoever is done with chunk `n`; the same one however often it is asked.
     * @returns undefined when all have been handed out.
     */
    async takeNext(runId: string, n: number): Promise<number | undefined> {
      for (let attempt = 1; ; attempt += 1) {
        const [run, chunk] = await Promise.all([table.get(runKey(runId)), table.get(chunkKey(runId, n))]);
        if (typeof chunk?.after === "number") return chunk.after;
        const taken = Number(run?.chunksTaken);
        if (!(taken < Number(run?.chunksPlanned))) return undefined;
        const next = taken + 1;
        const transaction = table.transact((TableName) => [
          {
            Update: {
              TableName,
              Key: runKey(runId),
              UpdateExpression: "SET chunksTaken = :next",
              ConditionExpression: "chunksTaken = :taken",
              ExpressionAttributeValues: { ":next": next, ":taken": taken },
            },
          },
          {
            Update: {
              TableName,
              Key: chunkKey(runId, n),
              UpdateExpression: "SET #after = :next",
              ConditionExpression: "attribute_exists(pk) AND attribute_not_exists(#after)",
              ExpressionAttributeNames: { "#after": "after" },
              ExpressionAttributeValues: { ":next": next },
            },
          },
        ]);
        if (await transaction.catch(() => false)) return next;
        // Another line of work was quicker, or both were cancelled for touching the same item: look again.
        if (attempt === TAKE_ATTEMPTS)
          throw new StoreThrottledError("catalog-busy", `chunk after ${n} could not be taken`);
      }
    },

    list,

    async get(runId: string, n: number): Promise<Chunk | undefined> {
      const item = await table.get(chunkKey(runId, n));
      return item === undefined ? undefined : asChunk(item);
    },

    /** Counts one more attempt and returns the chunk with that number; a chunk that has been won is returned as it is. */
    async attempt(runId: string, epoch: number, n: number): Promise<Chunk> {
      const item = await table.update(chunkKey(runId, n), {
        UpdateExpression: "ADD attempts :one SET progressBytes = :zero",
        ConditionExpression: "epoch = :epoch",
        ExpressionAttributeValues: { ":one": 1, ":zero": 0, ":epoch": epoch },
      });
      if (item !== undefined) return asChunk(item);
      throw new CancelledError("chunk-not-planned", `chunk ${n} is not part of beginning ${epoch} of run ${runId}`, {
        hint: "The run has started over since this chunk was handed out.",
      });
    },

    /** Bytes of text so far, for the operator's eyes. */
    async report(runId: string, n: number, progressBytes: number): Promise<void> {
      await table.update(chunkKey(runId, n), {
        UpdateExpression: "SET progressBytes = :bytes",
        ConditionExpression: "attribute_exists(pk)",
        ExpressionAttributeValues: { ":bytes": progressBytes },
      });
    },

    /** Makes this attempt the chunk's winner. @returns false when another attempt was first, or the run has started over. */
    async win(runId: string, epoch: number, n: number, outcome: Outcome<Settings>): Promise<boolean> {
      const won = await table.update(chunkKey(runId, n), winning(epoch, outcome));
      return won !== undefined;
    },

    /**
     * As `win`, with a rest: this chunk keeps `body`, a new one takes `rest`, both in one transaction.
     * @returns the new chunk's number, or undefined when another attempt was first.
     */
    async split(
      run: Run,
      n: number,
      outcome: Outcome<Settings>,
      body: Settings,
      rest: Omit<NewChunk<Settings>, "n">,
    ): Promise<number | undefined> {
      const counted = await table.update(runKey(run.runId), {
        UpdateExpression: "ADD chunkCounter :one",
        ExpressionAttributeValues: { ":one": 1 },
      });
      const m = Number(counted?.chunkCounter);
      const win = winning(run.epoch, outcome);
      const isDone = await table.transact((TableName) => [
        {
          Update: {
            TableName,
            Key: chunkKey(run.runId, n),
            UpdateExpression: `${win.UpdateExpression}, body = :body, #next = :next`,
            ConditionExpression: win.ConditionExpression,
            ExpressionAttributeNames: { ...win.ExpressionAttributeNames, "#next": "next" },
            ExpressionAttributeValues: { ...win.ExpressionAttributeValues, ":body": body, ":next": m },
          },
        },
        {
          Put: {
            TableName,
            Item: newItem(table, run, { n: m, ...rest }),
            ConditionExpression: "attribute_not_exists(pk)",
          },
        },
      ]);
      return isDone ? m : undefined;
    },

    /** Sums over the run's chunks, so that no counter can drift. */
    async progress(run: Run): Promise<Progress> {
      const items = await list(run.runId);
      const current = items.filter(({ epoch }) => epoch === run.epoch);
      const done = current.filter(({ winner }) => winner !== undefined);
      const sum = (numbers: readonly number[]) => numbers.reduce((total, value) => total + value, 0);
      return {
        phase: run.phase,
        chunksDone: done.length,
        chunksTotal: current.length,
        bytesDone: sum(current.map((chunk) => chunk.plainBytes ?? chunk.progressBytes)),
        storedBytes: sum(done.map((chunk) => chunk.storedBytes ?? 0)),
        rows: sum(done.map((chunk) => chunk.rows ?? 0)),
      };
    },
  };
}

function winning(epoch: number, outcome: Outcome<Settings>) {
  return {
    UpdateExpression: "SET winner = :winner, plainBytes = :plain, storedBytes = :stored, #rows = :rows",
    ConditionExpression: "epoch = :epoch AND attribute_not_exists(winner)",
    ExpressionAttributeNames: { "#rows": "rows" },
    ExpressionAttributeValues: {
      ":winner": outcome.winner,
      ":plain": outcome.plainBytes,
      ":stored": outcome.storedBytes,
      ":rows": outcome.rows,
      ":epoch": epoch,
    },
  };
}

function newItem(table: Table, run: Run, chunk: NewChunk<Settings>): Item {
  return {
    ...chunkKey(run.runId, chunk.n),
    schema: SCHEMA,
    ...chunk,
    epoch: run.epoch,
    attempts: 0,
    progressBytes: 0,
    expiresAt: table.runExpiry(),
  };
}

function asChunk(item: Item): Chunk {
  const { pk, sk, schema, expiresAt, ...chunk } = item;
  return chunk as unknown as Chunk;
}

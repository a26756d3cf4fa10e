/**
 * Chunks of a run: planned together, attempted any number of times, won once.
 * @module
 */
import pLimit from "p-limit";
import { CancelledError, IntegrityError, StoreThrottledError } from "../errors.ts";
import { type Chunk, type ChunkState, type Progress, type Run, SCHEMA, type Settings } from "./items.ts";
import { chunkKey, runKey, runPartition } from "./keys.ts";
import { AT_ONCE, type Item, type Table } from "./table.ts";

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

/** Waits; the one of this package's callers, so that tests need not wait. */
export type Pause = (millis: number) => Promise<void>;

/** With the pauses between them about half a minute: a table that is busy for longer is a matter for the state machine. */
const TAKE_ATTEMPTS = 40;
const FIRST_PAUSE_MILLIS = 20;
const LONGEST_PAUSE_MILLIS = 1_000;

export function chunks(table: Table) {
  const list = async (runId: string): Promise<Chunk[]> =>
    (await table.list(runPartition(runId), "CHUNK#")).map((item) => asChunk(item));

  const states = async (runId: string): Promise<ChunkState[]> => {
    const items = await table.query({
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ProjectionExpression: "n, epoch, progressBytes, plainBytes, storedBytes, #rows, #next",
      ExpressionAttributeNames: { "#rows": "rows", "#next": "next" },
      ExpressionAttributeValues: { ":pk": runPartition(runId), ":prefix": "CHUNK#" },
      ConsistentRead: true,
    });
    // A winner and its sizes are written together.
    return items.map((item) => ({ ...(item as unknown as ChunkState), isWon: item.plainBytes !== undefined }));
  };

  const get = async (runId: string, n: number): Promise<Chunk | undefined> => {
    const item = await table.get(chunkKey(runId, n));
    return item === undefined ? undefined : asChunk(item);
  };

  /** Of this beginning of the run. @throws IntegrityError `chunk-item-missing`; CancelledError `chunk-not-planned` */
  const expect = async (runId: string, epoch: number, n: number): Promise<Chunk> => {
    const chunk = await get(runId, n);
    if (chunk === undefined) throw chunkItemMissing(runId, [n]);
    if (chunk.epoch === epoch) return chunk;
    throw new CancelledError("chunk-not-planned", `chunk ${n} is not part of beginning ${epoch} of run ${runId}`, {
      hint: "The run has started over since this chunk was handed out.",
    });
  };

  return {
    /**
     * Files the chunks of a run's one plan, each once: whoever files the same plan again, at once or late, changes nothing
     * of what has been done meanwhile, and nothing of a later beginning. Numbers begin at 1.
     */
    async plan(run: Run, planned: readonly NewChunk<Settings>[]): Promise<void> {
      const limit = pLimit(AT_ONCE);
      await Promise.all(
        planned.map((chunk) => limit(() => table.putIf(newItem(table, run, chunk), unlessOf(run.epoch)))),
      );
    },

    /**
     * The next planned chunk that nobody has, for whoever is done with chunk `n`; the same one however often it is asked.
     * @returns undefined when all have been handed out, or the run has started over.
     * @throws StoreThrottledError `catalog-busy`; as `expect`
     */
    async takeNext(
      { runId, epoch }: Pick<Run, "runId" | "epoch">,
      n: number,
      pause: Pause,
    ): Promise<number | undefined> {
      for (let attempt = 1; ; attempt += 1) {
        const [run, chunk] = await Promise.all([table.get(runKey(runId)), expect(runId, epoch, n)]);
        if (chunk.after !== undefined) return chunk.after;
        const taken = Number(run?.chunksTaken);
        if (run?.epoch !== epoch || !(taken < Number(run.chunksPlanned))) return undefined;
        if (await take(table, { runId, epoch, n, taken }).catch(unlessBusy)) return taken + 1;
        // Another line of work was quicker, or both were cancelled for touching the same item: look again.
        if (attempt === TAKE_ATTEMPTS) {
          throw new StoreThrottledError(
            "catalog-busy",
            `the chunk after ${n} could not be taken in ${attempt} attempts`,
          );
        }
        await pause(pauseMillis(attempt, n));
      }
    },

    list,

    states,

    get,

    expect,

    /** Counts one more attempt and returns the chunk with that number; a chunk that has been won is returned as it is. @throws as `expect` */
    async attempt(runId: string, epoch: number, n: number): Promise<Chunk> {
      const item = await table.update(chunkKey(runId, n), {
        UpdateExpression: "ADD attempts :one SET progressBytes = :zero",
        ConditionExpression: "epoch = :epoch AND attribute_not_exists(winner)",
        ExpressionAttributeValues: { ":one": 1, ":zero": 0, ":epoch": epoch },
      });
      return item === undefined ? expect(runId, epoch, n) : asChunk(item);
    },

    /** Bytes of text so far, for the operator's eyes. */
    async report(runId: string, epoch: number, n: number, progressBytes: number): Promise<void> {
      await table.update(chunkKey(runId, n), {
        UpdateExpression: "SET progressBytes = :bytes",
        ConditionExpression: "epoch = :epoch AND attribute_not_exists(winner)",
        ExpressionAttributeValues: { ":bytes": progressBytes, ":epoch": epoch },
      });
    },

    /** Makes this attempt the chunk's winner. @returns false when another attempt was first, or the run has started over. */
    async win(runId: string, epoch: number, n: number, outcome: Outcome<Settings>): Promise<boolean> {
      const won = await table.update(chunkKey(runId, n), winning(epoch, outcome));
      return won !== undefined;
    },

    /**
     * As `win`, with a rest: this chunk keeps `body`, a new one takes `rest`, both in one transaction.
     * @returns the new chunk's number, or undefined when another attempt was first, or the run has started over.
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
        ConditionExpression: "epoch = :epoch",
        ExpressionAttributeValues: { ":one": 1, ":epoch": run.epoch },
      });
      if (counted === undefined) return undefined;
      const m = Number(counted.chunkCounter);
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
            ...unlessOf(run.epoch),
          },
        },
      ]);
      return isDone ? m : undefined;
    },

    /** Sums over the run's chunks, so that no counter can drift. */
    async progress(run: Run): Promise<Progress> {
      const current = (await states(run.runId)).filter(({ epoch }) => epoch === run.epoch);
      const done = current.filter(({ isWon }) => isWon);
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

/** What an earlier beginning has left under the same number gives way. */
function unlessOf(epoch: number) {
  return {
    ConditionExpression: "attribute_not_exists(pk) OR epoch < :epoch",
    ExpressionAttributeValues: { ":epoch": epoch },
  };
}

/** Counts the run's next chunk as handed out and writes it into the chunk that was done: both, or neither. */
function take(
  table: Table,
  {
    runId,
    epoch,
    n,
    taken,
  }: { readonly runId: string; readonly epoch: number; readonly n: number; readonly taken: number },
): Promise<boolean> {
  const next = taken + 1;
  return table.transact((TableName) => [
    {
      Update: {
        TableName,
        Key: runKey(runId),
        UpdateExpression: "SET chunksTaken = :next",
        ConditionExpression: "chunksTaken = :taken AND epoch = :epoch",
        ExpressionAttributeValues: { ":next": next, ":taken": taken, ":epoch": epoch },
      },
    },
    {
      Update: {
        TableName,
        Key: chunkKey(runId, n),
        UpdateExpression: "SET #after = :next",
        ConditionExpression: "epoch = :epoch AND attribute_not_exists(#after)",
        ExpressionAttributeNames: { "#after": "after" },
        ExpressionAttributeValues: { ":next": next, ":epoch": epoch },
      },
    },
  ]);
}

function unlessBusy(error: unknown): false {
  if (error instanceof StoreThrottledError) return false;
  throw error;
}

/** Doubling, spread by the chunk's number: no two who ask at once are done with the same one. */
function pauseMillis(attempt: number, n: number): number {
  const longest = Math.min(LONGEST_PAUSE_MILLIS, FIRST_PAUSE_MILLIS * 2 ** attempt);
  return longest * ((n * 0.618_034 + attempt * 0.414_214) % 1);
}

/** The catalog has lost what it was told: what those chunks were to cover is in no restore point. */
export function chunkItemMissing(runId: string, missing: readonly number[]): IntegrityError {
  const named = missing.slice(0, MOST_NAMED).join(", ");
  const more = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : "";
  return new IntegrityError("chunk-item-missing", `the catalog has lost chunk ${named}${more} of run ${runId}`, {
    hint: "Find out who deletes items of the catalog's table, or restored it to an older state; then start the run again.",
  });
}

const MOST_NAMED = 5;

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

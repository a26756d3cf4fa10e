/** What a fault knows of the run that it strikes. */
import { setTimeout as pause } from "node:timers/promises";
import type { PgProxy } from "../../support/pg-faults.ts";
import type { TestDatabase } from "../../support/postgres.ts";
import type { Random } from "../random.ts";

export interface Struck {
  readonly source: string;
  readonly executionArn: string;
  /** The database whose sessions may be struck: the source of a backup, the target of a restore. */
  readonly database: Pick<TestDatabase, "name" | "url">;
  /** Where the sessions go through; absent: straight to the server. */
  readonly proxy?: PgProxy;
  readonly random: Random;
  /** Aborts when the execution has ended: who has not struck by then never does. */
  readonly over: AbortSignal;
}

export interface Fault {
  readonly name: string;
  /** Cannot happen twice at the same time. */
  readonly isSingle?: true;
  /** Waits for its moment, strikes, sets right what would outlast the run. @returns what it did, if it came to it */
  strike(run: Struck): Promise<string | undefined>;
}

/** @returns false when the run was over first */
export async function moment({ random, over }: Struck, longestMillis: number): Promise<boolean> {
  await pause(random.whole(0, longestMillis), undefined, { signal: over }).catch(() => undefined);
  return !over.aborted;
}

/** Asks until there is an answer or the run is over. */
export async function whileRunning<T>({ over }: Struck, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  while (!over.aborted) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    await pause(50);
  }
  return undefined;
}

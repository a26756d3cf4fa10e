/**
 * What a server of another major version makes of an archive.
 * @module
 */
import type { Toc, TocEntry } from "../ddl/index.ts";

/** What is noted of an entry, and why. Both texts go on after the object's name. */
export interface EntryNote {
  readonly dumpId: number;
  /** `its not-null constraints lose their names, which …` */
  readonly reason: string;
}

/** What the server cannot make. */
export interface Lacking extends EntryNote {
  /** The oldest major version that can; absent where it is newer ones that cannot. */
  readonly since?: number;
}

export interface Fitted {
  /** In words that this server understands and by which nothing is lost but what `rewritten` says; what is `leftOut` is not in it. */
  readonly toc: Toc;
  /** Also by what says exactly the same and is noted nowhere. */
  readonly isChanged: boolean;
  readonly rewritten: readonly EntryNote[];
  /** It has no meaning there. */
  readonly leftOut: readonly EntryNote[];
  readonly lacking: readonly Lacking[];
}

/** What rules look at beside the entry itself. */
export interface Context {
  /** Of the server that is to understand it. */
  readonly major: number;
  readonly byDumpId: ReadonlyMap<number, TocEntry>;
  /** `schema.name` of tables that are partitions. */
  readonly partitions: ReadonlySet<string>;
  /** Comments on constraints that are none there, by their tag: `CONSTRAINT name ON table` under its schema. */
  readonly unnamed: ReadonlySet<string>;
}

/** The entry in other words; `undefined` where it needs none. Pure. */
export type Rewrite = (entry: TocEntry, context: Context) => Rewritten | undefined;

export interface Rewritten {
  /** Absent: it is left out. */
  readonly entry?: TocEntry;
  /** Absent where it says exactly the same. */
  readonly reason?: string;
}

/** Why the server cannot make the entry; `undefined` when it can, as far as can be told. Pure. */
export type Lack = (entry: TocEntry, context: Context) => Omit<Lacking, "dumpId"> | undefined;

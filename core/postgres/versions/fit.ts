import type { Toc, TocEntry } from "../ddl/index.ts";
import {
  checkedNotNull,
  plainTag,
  storedColumns,
  unnamedConstraints,
  unnamedDomain,
  unnamedNotNull,
} from "./columns.ts";
import { lacksBuiltin, lacksConstruct } from "./constructs.ts";
import { computedOtherwise } from "./inheritance.ts";
import { identityOfPartition } from "./partitions.ts";
import { onSystemObjects, withoutMaintain } from "./privileges.ts";
import { databaseSettings } from "./settings.ts";
import {
  foreignOptions,
  loggedSequence,
  partitionedAccessMethod,
  storageParameters,
  subscriptionOptions,
} from "./storage.ts";
import type { Context, EntryNote, Fitted, Lack, Lacking, Rewrite } from "./types.ts";

/** On what is no constraint, or has no name, in older versions. */
const commentOnUnnamed: Rewrite = ({ desc, namespace, tag }, { unnamed, major }) => {
  if (desc !== "COMMENT" || !unnamed.has(`${namespace}.${plainTag(tag)}`)) return undefined;
  return { reason: `is about a not-null constraint, which has no name in PostgreSQL ${major}` };
};

const REWRITES: readonly Rewrite[] = [
  commentOnUnnamed,
  onSystemObjects,
  unnamedNotNull,
  unnamedDomain,
  checkedNotNull,
  storedColumns,
  loggedSequence,
  partitionedAccessMethod,
  storageParameters,
  subscriptionOptions,
  foreignOptions,
  databaseSettings,
  withoutMaintain,
];

const LACKS: readonly Lack[] = [lacksConstruct, lacksBuiltin, identityOfPartition, computedOtherwise];

/**
 * The archive as a server of that version understands it, and what of it that server cannot make. Pure; of what is fitted already
 * it is the same again. Bodies of functions that are texts are not looked into: they are made, and fail when they run.
 * @param serverVersion server_version_num, e.g. 160014
 */
export function fitToServer(toc: Toc, serverVersion: number): Fitted {
  const major = Math.floor(serverVersion / 10_000);
  const sourceMajor = Number.parseInt(toc.serverVersion ?? "", 10);
  const context: Context = {
    major,
    byDumpId: new Map(toc.entries.map((entry) => [entry.dumpId, entry])),
    partitions: new Set(
      toc.entries.flatMap(({ desc, namespace, tag }) => (desc === "TABLE ATTACH" ? [`${namespace}.${tag}`] : [])),
    ),
    unnamed: new Set(
      toc.entries.flatMap((entry) => unnamedConstraints(entry, major).map((tag) => `${entry.namespace}.${tag}`)),
    ),
  };
  const rewritten: EntryNote[] = [];
  const leftOut: EntryNote[] = [];
  const lacking: Lacking[] = [];
  const entries: TocEntry[] = [];
  // What a server has is what its own version can be told.
  const lacks = sourceMajor === major ? [] : LACKS;
  for (const original of toc.entries) {
    const { dumpId } = original;
    let entry: TocEntry | undefined = original;
    for (const rewrite of REWRITES) {
      const result: ReturnType<Rewrite> = entry && rewrite(entry, context);
      if (result === undefined) continue;
      entry = result.entry;
      const { reason } = result;
      if (reason !== undefined) (entry === undefined ? leftOut : rewritten).push({ dumpId, reason });
    }
    if (entry === undefined) continue;
    entries.push(entry);
    const lack = lacks.map((lack) => lack(original, context)).find((found) => found !== undefined);
    if (lack !== undefined) lacking.push({ dumpId, ...lack });
  }
  const isChanged = entries.length !== toc.entries.length || entries.some((entry, at) => entry !== toc.entries[at]);
  return { toc: isChanged ? { ...toc, entries } : toc, isChanged, rewritten, leftOut, lacking };
}

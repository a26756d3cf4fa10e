/**
 * Which sources' and targets' things a function is there for. A worker serves one network, so it need not touch what belongs to another:
 * its rights end at its own sources' prefixes, envelopes and partitions, and with them those of whoever steals its role.
 * @module
 */
import type { FunctionSpec } from "../functions.ts";
import type { WorkerSet } from "./worker-sets.ts";

/** Absent members: all there are. */
export interface Reach {
  readonly sources?: readonly string[];
  readonly targets?: readonly string[];
}

/** What a run's id has after its source: no source's name has a capital, so none matches that only begins alike. */
const RUN_SUFFIX = "-????????T??????Z-??????????";

export function reachOf(role: FunctionSpec["role"], { sources, targets }: WorkerSet): Reach {
  switch (role) {
    case "none":
      return {};
    case "read-source":
      return { sources };
    // Any source's restore points are restored into any target.
    case "write-target":
      return { targets };
  }
}

/** Partitions of the catalog's table (core/catalog/keys.ts); absent: all of them, and its index. */
export function partitionsOf({ sources, targets }: Reach): readonly string[] | undefined {
  if (sources !== undefined) return sources.flatMap((source) => [`SOURCE#${source}`, `RUN#${source}${RUN_SUFFIX}`]);
  if (targets !== undefined) return ["SOURCE#*", "RUN#*", ...targets.map((target) => `TARGET#${target}`)];
  return undefined;
}

/** A prefix of the vault, cut down to those sources. */
export function inReach(prefix: string, { sources }: Reach): readonly string[] {
  const area = /^v1\/(?:meta|data)\//.exec(prefix)?.[0];
  if (area === undefined || sources === undefined) return [prefix];
  return sources.map((source) => `${area}${source}/${prefix.slice(area.length)}`);
}

/**
 * Sequences, storage and replication in the words of older servers.
 * @module
 */
import type { TocEntry } from "../ddl/index.ts";
import { type Edit, edited, endOf, nameOfToken, tokens } from "../tokens.ts";
import type { Rewrite } from "./types.ts";
import { indexOfWords, isKeyword } from "./words.ts";

/** Before, every sequence was logged, also an unlogged table's. */
const LOGGED_SEQUENCES_SINCE = 15;

export const loggedSequence: Rewrite = (entry, { major }) => {
  const { desc, defn = "" } = entry;
  if (major >= LOGGED_SEQUENCES_SINCE || desc !== "SEQUENCE") return undefined;
  const found = tokens(defn);
  const place = found.findIndex((token) => isKeyword(token, "UNLOGGED") || isKeyword(token, "LOGGED"));
  const [before, word] = [found[place - 1], found[place]];
  if (before === undefined || word === undefined) return undefined;
  const logged = { ...entry, defn: edited(defn, [{ from: endOf(before), to: endOf(word), text: "" }]) };
  if (word.text === "LOGGED") return { entry: logged };
  return { entry: logged, reason: "is unlogged, which sequences are since PostgreSQL 15: it is logged" };
};

const OF_PARTITIONED_SINCE = 17;

/** It is meant for partitions to come. */
export const partitionedAccessMethod: Rewrite = (entry, { major }) => {
  const { relkind, tableAccessMethod } = entry;
  if (major >= OF_PARTITIONED_SINCE || relkind !== "p" || tableAccessMethod === undefined) return undefined;
  const reason = `names access method ${tableAccessMethod} for partitions to come, which partitioned tables do since PostgreSQL 17`;
  return { entry: { ...entry, tableAccessMethod: undefined }, reason };
};

/** How the server goes about its work; no row is another for it. */
const STORAGE_PARAMETERS: Readonly<Record<string, number>> = {
  autovacuum_vacuum_max_threshold: 18,
  vacuum_max_eager_freeze_failure_rate: 18,
};

export const storageParameters: Rewrite = (entry, { major }) => {
  const { desc } = entry;
  if (desc !== "TABLE" && desc !== "MATERIALIZED VIEW") return undefined;
  const isUnknown = (name: string): boolean => {
    const plain = name.replace(/^toast\./, "");
    return (STORAGE_PARAMETERS[plain] ?? 0) > major;
  };
  return withoutOptions(entry, isUnknown, "and only how the server goes about its work");
};

/** Since which version a subscription has each, and what older ones do. All come back disabled, so nothing has happened by then. */
const SUBSCRIPTION_OPTIONS: Readonly<Record<string, number>> = {
  two_phase: 15,
  disable_on_error: 15,
  password_required: 16,
  run_as_owner: 16,
  origin: 16,
  failover: 17,
};
/** Before, all work was done as the subscription's owner. */
const AS_BEFORE: ReadonlySet<string> = new Set(["run_as_owner=true"]);

export const subscriptionOptions: Rewrite = (entry, context) => {
  if (entry.desc !== "SUBSCRIPTION") return undefined;
  const isUnknown = (name: string): boolean => (SUBSCRIPTION_OPTIONS[name] ?? 0) > context.major;
  const without = withoutOptions(entry, isUnknown, "to be thought of before it is enabled", AS_BEFORE);
  const streaming = boolStreaming(without?.entry ?? entry, context.major);
  return streaming === undefined ? without : { ...without, entry: streaming };
};

/** Before 16 large transactions are streamed or not; whether by several processes only says how fast. */
function boolStreaming(entry: TocEntry, major: number): TocEntry | undefined {
  const found = tokens(entry.defn ?? "");
  const name = found.findIndex((token) => nameOfToken(token) === "streaming");
  const value = found[name + 2];
  if (major >= 16 || name < 0 || value === undefined || nameOfToken(value) !== "parallel") return undefined;
  return { ...entry, defn: edited(entry.defn ?? "", [{ from: value.at, to: endOf(value), text: "on" }]) };
}

/** Of postgres_fdw: how it goes about its work. */
const FOREIGN_OPTIONS: Readonly<Record<string, number>> = {
  parallel_commit: 15,
  analyze_sampling: 16,
  parallel_abort: 16,
};

export const foreignOptions: Rewrite = (entry, { major }) => {
  const { desc, defn = "" } = entry;
  const isForeign = desc === "SERVER" ? /FOREIGN DATA WRAPPER "?postgres_fdw"?\s/.test(defn) : desc === "FOREIGN TABLE";
  if (!isForeign) return undefined;
  const isUnknown = (name: string): boolean => (FOREIGN_OPTIONS[name] ?? 0) > major;
  return withoutOptions(entry, isUnknown, "and only how postgres_fdw goes about its work", new Set(), "OPTIONS");
};

/** The first `WITH (name = value, …)`, or `OPTIONS (name 'value', …)`, without some of them. */
function withoutOptions(
  entry: TocEntry,
  isUnknown: (name: string) => boolean,
  why: string,
  silent: ReadonlySet<string> = new Set(),
  word = "WITH",
): { entry: TocEntry; reason?: string } | undefined {
  const { defn = "" } = entry;
  const found = tokens(defn);
  const open = indexOfWords(found, word, "(");
  if (open < 0) return undefined;
  const options = listOptions(found.slice(open + 2));
  const left = options.filter(({ name }) => !isUnknown(name));
  if (left.length === options.length) return undefined;
  const [first, last] = [options[0], options.at(-1)];
  const [start, end] = [found[open], found[open + 1]];
  if (first === undefined || last === undefined || start === undefined || end === undefined) return undefined;
  const kept = left.map(({ from, to }) => defn.slice(from, to)).join(word === "WITH" ? ", " : ",\n    ");
  const edit: Edit =
    left.length === 0 ? { from: start.at, to: last.to + 1, text: "" } : { from: first.from, to: last.to, text: kept };
  const told = options.filter(({ name, value }) => isUnknown(name) && !silent.has(`${name}=${value}`));
  const reason = `has ${told.map(({ name, value }) => `${name} = ${value}`).join(", ")}: of newer versions, ${why}`;
  return { entry: { ...entry, defn: edited(defn, [edit]) }, ...(told.length > 0 && { reason }) };
}

interface Option {
  readonly name: string;
  readonly value: string;
  readonly from: number;
  readonly to: number;
}

function listOptions(found: readonly ReturnType<typeof tokens>[number][]): Option[] {
  const options: Option[] = [];
  let start = 0;
  for (const [index, token] of found.entries()) {
    const isEnd = isKeyword(token, ")");
    if (!isEnd && !isKeyword(token, ",")) continue;
    const parts = found.slice(start, index);
    const equals = parts.findIndex((part) => isKeyword(part, "="));
    const [first, last] = [parts[0], parts.at(-1)];
    if (first !== undefined && last !== undefined) {
      const name = (equals < 0 ? [first] : parts.slice(0, equals)).map(nameOfToken).join("");
      const value = parts
        .slice(equals < 0 ? 1 : equals + 1)
        .map(({ text }) => text)
        .join("");
      options.push({ name, value, from: first.at, to: endOf(last) });
    }
    if (isEnd) break;
    start = index + 1;
  }
  return options;
}

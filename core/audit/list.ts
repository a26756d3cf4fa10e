/**
 * Reads audit records back, day by day.
 * @module
 */
import pLimit from "p-limit";
import type { Store } from "../vault/store/port.ts";
import { gather } from "../vault/stream/pieces.ts";
import { type AuditRecord, auditDayPrefix, auditRecordSchema } from "./record.ts";

const DAY_MILLIS = 24 * 3600 * 1000;
const MOST_RECORD_BYTES = 64 * 1024;
const READS_AT_ONCE = 16;

export interface AuditEntry {
  /** The object it stands in. */
  readonly key: string;
  /** Absent when the object is no audit record that this version can read. */
  readonly record?: AuditRecord;
}

export interface AuditRange {
  readonly since: Date;
  readonly until: Date;
  readonly source?: string;
}

/** Oldest first. What cannot be read is listed too: whoever put something else there wants to be found. */
export async function listAudit(
  store: Pick<Store, "list" | "read">,
  { since, until, source }: AuditRange,
): Promise<AuditEntry[]> {
  const keys: string[] = [];
  for (const day of daysBetween(since, until)) {
    for await (const { key } of store.list(auditDayPrefix(day))) keys.push(key);
  }
  const limit = pLimit(READS_AT_ONCE);
  const entries = await Promise.all(keys.map((key) => limit(() => readEntry(store, key))));
  return entries.filter(({ record }) => {
    if (record === undefined) return true;
    const at = Date.parse(record.at);
    return at >= since.getTime() && at <= until.getTime() && (source === undefined || record.source === source);
  });
}

function daysBetween(since: Date, until: Date): string[] {
  const days: string[] = [];
  const midnight = Math.floor(since.getTime() / DAY_MILLIS) * DAY_MILLIS;
  for (let day = midnight; day <= until.getTime(); day += DAY_MILLIS)
    days.push(new Date(day).toISOString().slice(0, 10));
  return days;
}

async function readEntry(store: Pick<Store, "read">, key: string): Promise<AuditEntry> {
  const bytes = await gather(await store.read(key), MOST_RECORD_BYTES).catch((error: unknown) => {
    if (error instanceof RangeError) return undefined;
    throw error;
  });
  const parsed = bytes === undefined ? undefined : auditRecordSchema.safeParse(jsonOrUndefined(bytes.toString("utf8")));
  return parsed?.success === true ? { key, record: parsed.data } : { key };
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

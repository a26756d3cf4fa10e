/**
 * Event triggers on login (PostgreSQL 17) fire on whoever connects, a restore's own sessions too: they may write rows into what
 * is being compared, or refuse the connection. So they come last of all.
 * @module
 */
import type { RestoreEntry } from "./phases.ts";

const QUOTED = /"(?:[^"]|"")*"/g;

/** By its definition, from which names are taken first: one may be called like a clause. */
export function isLoginTrigger({ desc, defn }: { readonly desc: string; readonly defn?: string | undefined }): boolean {
  return desc === "EVENT TRIGGER" && /^CREATE EVENT TRIGGER \S+ ON login\s/.test((defn ?? "").replaceAll(QUOTED, '""'));
}

/** The event triggers' entries apart: those on login with what is said about them, and the others. */
export function splitLoginTriggers(entries: readonly RestoreEntry[]): {
  readonly login: readonly RestoreEntry[];
  readonly others: readonly RestoreEntry[];
} {
  const late = new Set<number>();
  for (const { dumpId, desc, statements, dependencies } of entries) {
    const isLate = isLoginTrigger({ desc, defn: statements[0] }) || dependencies.some((on) => late.has(on));
    if (isLate) late.add(dumpId);
  }
  return {
    login: entries.filter(({ dumpId }) => late.has(dumpId)),
    others: entries.filter(({ dumpId }) => !late.has(dumpId)),
  };
}

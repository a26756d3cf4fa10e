/**
 * DDL done once, however often and by however many it is asked for. The statements of a step and its row in the marker go to
 * the server as one message, hence one transaction, which the server finishes even when its client has gone (measured with
 * CREATE INDEX at client_connection_check_interval = 0); whoever comes meanwhile waits for the step's advisory lock.
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { PreconditionError, TimeBudgetError } from "../../errors.ts";
import { mapPostgresError } from "../errors.ts";
import type { Session } from "../session.ts";
import { quoteLiteral } from "../sql.ts";
import { MARKER_SCHEMA } from "./marker.ts";

export interface Step {
  /** Unique within the restore and the same in every attempt, e.g. `indexes/217`. */
  readonly name: string;
  /** What is made, for messages: `index public.film_title_idx`. */
  readonly what: string;
  readonly statements: readonly string[];
  /** True where a managed server may deny it and nothing is lost: `onDenied` is told, and the step counts as done. */
  readonly isOptional?: boolean;
  /** True where the statements may carry a secret, and so may the server's message, which is then told by its SQLSTATE only. */
  readonly isSecret?: boolean;
  /** Ways that are tried in turn where the server refuses the statements, each told before it is tried. */
  readonly fallbacks?: readonly Fallback[];
}

/** Another way of making the same, or of going on without it. */
export interface Fallback {
  /** Which refusals it is for, by their SQLSTATE and the server's words. */
  readonly appliesTo: (sqlState: string, message: string) => boolean;
  /** Run in place of the step's own, with its record; asked for when it comes to that, with what was told of it. */
  readonly statements: (session: Session, told: string) => Promise<readonly string[]>;
  /** What is done instead, as the end of a sentence: `it stays NOT VALID`. */
  readonly instead: string;
}

/** For who cannot act as another role: what that role granted, in the name of whoever runs it, which PostgreSQL takes for the owner's. */
export function inOwnName(statements: readonly string[]): Fallback {
  return {
    appliesTo: (state) => state === DENIED,
    statements: async () => statements,
    instead: "what another than the owner granted is granted in the owner's name",
  };
}

/** What stands in warnings: never the statements, which may hold passwords and settings. */
export function describeRefusal({ what }: Step, error: Error, instead?: string): string {
  // The step's name is the beginning of what mapPostgresError makes of it.
  const reason = error.message.startsWith(`${what}: `) ? error.message.slice(what.length + 2) : error.message;
  return `${what} was refused: ${reason}${instead === undefined ? "" : `; ${instead}`}`;
}

export interface RunStepsOptions {
  /** Aborts when the caller has to return: nothing new is begun, and what runs is left to the server. */
  readonly deadline?: AbortSignal;
  readonly onStep?: (step: Step) => void;
  /** Told of what was refused and is not there, or, with `instead`, is made otherwise. */
  readonly onDenied?: (step: Step, error: Error, instead?: string) => void;
}

/** Namespace of our advisory locks: "hold" in ASCII. */
const LOCK_SPACE = 0x686f6c64;
/** How often who waits for another session's step looks at the deadline. */
const POLL_MILLIS = 1_000;
/** insufficient_privilege */
export const DENIED = "42501";
const NOT_NULL = "23502";
const DEADLOCK = "40P01";
const LOCK_NOT_GRANTED = "55P03";
/** Each waits the session's lock_timeout (60 s): half an hour for a foreign session in the way to end. */
const MOST_TRIES = 30;

/**
 * Runs the steps one after the other, those that are done already excepted.
 * Idempotent; two callers of the same `lock` take turns.
 * @param lock names the turn: the steps of one lock never run at once.
 * @throws TimeBudgetError `steps-unfinished` when the deadline came first; call again to go on.
 * @throws PreconditionError `target-incomplete` when another restore has begun in the target meanwhile: the step is not done
 * @throws PreconditionError and others by `mapPostgresError`, the step's object named.
 */
export async function runSteps(
  session: Session,
  lock: string,
  steps: readonly Step[],
  options: RunStepsOptions = {},
): Promise<void> {
  if (steps.length === 0) return;
  // Before the turn, which may be long in coming: what is noted is noted in the marker that was there when this was asked for.
  const marker = await markerOid(session);
  await takeTurn(session, lock, options.deadline);
  const done = await doneAmong(session, steps);
  for (const step of steps) {
    if (done.has(step.name)) continue;
    assertTime(step.what, options.deadline);
    await runStep(session, step, marker, options);
    options.onStep?.(step);
  }
  await session.query("SELECT pg_catalog.pg_advisory_unlock($1, pg_catalog.hashtext($2))", [LOCK_SPACE, lock]);
}

async function takeTurn(session: Session, lock: string, deadline: AbortSignal | undefined): Promise<void> {
  for (;;) {
    const [row] = await session.query<{ granted: boolean }>(
      "SELECT pg_catalog.pg_try_advisory_lock($1, pg_catalog.hashtext($2)) AS granted",
      [LOCK_SPACE, lock],
    );
    if (row?.granted === true) return;
    assertTime(lock, deadline);
    await sleep(POLL_MILLIS);
  }
}

/** Names of those that the marker holds as done. */
export async function doneAmong(session: Session, steps: readonly Pick<Step, "name">[]): Promise<ReadonlySet<string>> {
  const rows = await session.query<{ name: string }>(
    `SELECT name FROM ${MARKER_SCHEMA}.step WHERE name = ANY ($1::pg_catalog.text[])`,
    [steps.map((step) => step.name)],
  );
  return new Set(rows.map((row) => row.name));
}

/** Each marker is made anew, and so has an oid of its own. */
async function markerOid(session: Session): Promise<string> {
  const [row] = await session.query<{ oid: string }>(
    `SELECT '${MARKER_SCHEMA}.restore_point'::pg_catalog.regclass::pg_catalog.oid::pg_catalog.text AS oid`,
  );
  return row?.oid ?? "0";
}

/**
 * Refused by NOT NULL, and the step with it, where that marker has given way to another: a server goes on with an index for hours
 * after its client has gone, and in the marker of the next restore it would stand for an index that was dropped meanwhile.
 */
function recordOf({ name }: Step, marker: string): string {
  const noted = `SELECT ${quoteLiteral(name)} FROM ${MARKER_SCHEMA}.restore_point WHERE is_ready AND tableoid = ${BigInt(marker)}::pg_catalog.oid`;
  return `INSERT INTO ${MARKER_SCHEMA}.step (name) VALUES ((${noted}))`;
}

function isOfAnotherMarker(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.code === NOT_NULL && error.schema === MARKER_SCHEMA;
}

function anotherRestore({ settings }: Session, { what }: Step, cause: unknown): PreconditionError {
  const message = `${what} was not made: another restore has begun in database ${settings.database} meanwhile`;
  const hint = "Let that restore end, or restore into another database.";
  return new PreconditionError("target-incomplete", message, { hint, cause });
}

async function runStep(
  session: Session,
  step: Step,
  marker: string,
  { deadline, onDenied }: RunStepsOptions,
): Promise<void> {
  const record = recordOf(step, marker);
  // Each on its own line: a definition may end in a comment. Doubled semicolons are empty statements, which are allowed.
  const messageOf = (statements: readonly string[]): string => [...statements, record].join("\n;\n");
  let message = messageOf(step.statements);
  const left = [...(step.fallbacks ?? [])];
  let refusal: unknown;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await untilDeadline(session.client.query(message), step, deadline);
      return;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      if (isOfAnotherMarker(error)) throw anotherRestore(session, step, error);
      const isContention = code === DEADLOCK || code === LOCK_NOT_GRANTED;
      if (isContention && attempt < MOST_TRIES) {
        assertTime(step.what, deadline);
        continue;
      }
      const { code: state = "", message: said } = error instanceof pg.DatabaseError ? error : { message: "" };
      const fallback = left.find(({ appliesTo }) => appliesTo(state, said));
      // Another way comes first: what is optional is not therefore to be given up.
      if (code === DENIED && step.isOptional === true && fallback === undefined && message !== record) {
        onDenied?.(step, failureOf(step, error));
        message = record;
        continue;
      }
      if (fallback === undefined && !isRefusal(state)) throw failureOf(step, error);
      // What the statements themselves were refused for is the cause; why another way did not help either is not.
      refusal ??= error;
      if (fallback === undefined) throw failureOf(step, refusal);
      left.splice(0, left.indexOf(fallback) + 1);
      const failure = failureOf(step, error);
      onDenied?.(step, failure, fallback.instead);
      message = messageOf(await fallback.statements(session, describeRefusal(step, failure, fallback.instead)));
    }
  }
}

/** Classes of SQLSTATE for what is wrong with a statement, a function or the rows, not with the server or the way to it. */
const REFUSALS: ReadonlySet<string> = new Set([
  "09",
  "0A",
  "21",
  "22",
  "23",
  "2F",
  "38",
  "39",
  "3F",
  "42",
  "44",
  "55",
  "P0",
]);

/** Whether the same statement would be refused again: not where it was only in somebody's way. */
export function isRefusal(sqlState: string): boolean {
  return sqlState !== LOCK_NOT_GRANTED && REFUSALS.has(sqlState.slice(0, 2));
}

/** A secret step's server message may quote what it did not like; the driver's error would be logged as the cause. */
function failureOf({ what, isSecret = false }: Step, error: unknown): Error {
  if (!isSecret || !(error instanceof pg.DatabaseError)) return mapPostgresError(error, what);
  const withheld = new pg.DatabaseError("the server's message is withheld, since it may hold a secret", 0, "error");
  withheld.code = error.code;
  return mapPostgresError(withheld, what);
}

/** Leaves the statement to the server when the deadline comes: the session is not usable afterwards, only `end`. */
async function untilDeadline(running: Promise<unknown>, step: Step, deadline: AbortSignal | undefined): Promise<void> {
  if (deadline === undefined) {
    await running;
    return;
  }
  const { promise: expired, resolve } = Promise.withResolvers<"expired">();
  const expire = (): void => resolve("expired");
  deadline.addEventListener("abort", expire, { once: true });
  if (deadline.aborted) expire();
  try {
    const first = await Promise.race([running, expired]);
    if (first !== "expired") return;
    running.catch(() => {});
    throw unfinished(step.what);
  } finally {
    deadline.removeEventListener("abort", expire);
  }
}

function assertTime(what: string, deadline: AbortSignal | undefined): void {
  if (deadline?.aborted === true) throw unfinished(what);
}

function unfinished(what: string): TimeBudgetError {
  return new TimeBudgetError("steps-unfinished", `${what} is not finished within this invocation`, {
    hint: "The server goes on; the next invocation waits for it and continues.",
  });
}

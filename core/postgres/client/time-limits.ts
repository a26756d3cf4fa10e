/**
 * Time limits of a database or role that end a connection before it could be pinned.
 * @module
 */
import { sqlState } from "../errors.ts";

/** Limits that every server knows. */
const LIMITS = ["statement_timeout", "idle_in_transaction_session_timeout", "idle_session_timeout"];
/** By those, in their order. */
const OUT_OF_TIME = new Set(["57014", "25P03", "57P05"]);
/** By transaction_timeout, which servers before 17 do not know. */
const TRANSACTION_OUT_OF_TIME = "25P04";
/** What a pooler says to options of the start-up that it does not hand on. */
const PROTOCOL_VIOLATION = "08P01";
/** A limit of a millisecond strikes now and then although the start-up has lifted it (18.4: one time in three). */
const MOST_ATTEMPTS = 12;

/**
 * Does the work without options of the start-up packet, which poolers refuse; again with such as lift the limits when it fails
 * by one: they win over those of database and role.
 * @param isOver asked before another attempt
 * @throws what the work threw, the limit's error where a pooler refuses to lift it
 */
export async function liftingTimeLimits<Result>(
  work: (options: string | undefined) => Promise<Result>,
  isOver: () => boolean = () => false,
): Promise<Result> {
  let options: string | undefined;
  let met: unknown;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(options);
    } catch (error) {
      const state = sqlState(error);
      if (met !== undefined && state === PROTOCOL_VIOLATION) throw met;
      const lifting = optionsFor(state, options);
      if (lifting === undefined || attempt === MOST_ATTEMPTS || isOver()) throw error;
      options = lifting;
      met = error;
    }
  }
}

/** Undefined when the error was no time limit's. */
function optionsFor(state: string | undefined, before: string | undefined): string | undefined {
  const isTransactions = state === TRANSACTION_OUT_OF_TIME;
  if (!isTransactions && !OUT_OF_TIME.has(state ?? "")) return undefined;
  if (!isTransactions && before !== undefined) return before;
  return [...LIMITS, ...(isTransactions ? ["transaction_timeout"] : [])].map((name) => `-c ${name}=0`).join(" ");
}

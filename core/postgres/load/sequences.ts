/**
 * The values sequences had.
 * @module
 */
import { batches, qualifiedName, quoteLiteral } from "../sql.ts";
import type { Step } from "./steps.ts";

export interface SequenceValue {
  readonly schema: string;
  readonly name: string;
  /** Decimal: a bigint. */
  readonly lastValue: string;
  /** Whether the next value is the one after `lastValue`, or `lastValue` itself. */
  readonly isCalled: boolean;
}

/** Few round trips, and each message far below the parser's limits. */
const PER_STEP = 500;

export function sequenceSteps(sequences: readonly SequenceValue[]): Step[] {
  return batches(sequences, PER_STEP).map((batch, index) => ({
    name: `sequences/${index + 1}`,
    what: batch.length === 1 ? `sequence ${batch.map(qualifiedName).join()}` : `sequences, part ${index + 1}`,
    statements: batch.map(
      (sequence) =>
        `SELECT pg_catalog.setval(${quoteLiteral(qualifiedName(sequence))}, ${BigInt(sequence.lastValue)}, ${sequence.isCalled})`,
    ),
  }));
}

/** Values of sequences. They are not part of any snapshot: what is read is the present, never behind the snapshot. @module */
import { PreconditionError } from "../../errors.ts";
import type { Choice } from "../../parts/choice.ts";
import { dumpedRelations } from "../relations.ts";
import type { Session } from "../session.ts";
import { batches, qualifiedName, quoteLiteral } from "../sql.ts";
import type { PlannedSequence } from "./types.ts";

/** From here on one function reads any sequence, so that one query reads them all. */
const GET_SEQUENCE_DATA_VERSION = 180000;
const SELECTS_PER_STATEMENT = 200;

interface Found {
  readonly schema: string;
  readonly name: string;
}

/** @throws PreconditionError `privilege-missing`, `sequence-unreadable` */
export async function listSequences(session: Session, choice?: Choice): Promise<PlannedSequence[]> {
  const sequences = await readSequences(session, choice);
  const unreadable = sequences.find(({ lastValue }) => lastValue === null);
  if (unreadable === undefined) return sequences;
  // The function answers null instead of failing: without privilege, or for an unlogged sequence on a standby.
  throw new PreconditionError("sequence-unreadable", `the server gives no value for ${qualifiedName(unreadable)}`, {
    hint: "Grant SELECT on it; an unlogged sequence can only be read on the primary.",
  });
}

async function readSequences(session: Session, choice: Choice | undefined): Promise<PlannedSequence[]> {
  const from = `FROM dumped JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace`;
  if (session.serverVersion >= GET_SEQUENCE_DATA_VERSION) {
    return session.query<PlannedSequence & Record<string, unknown>>(
      `WITH ${dumpedRelations(choice)}
       SELECT n.nspname AS schema, c.relname AS name, d.last_value::text AS "lastValue", d.is_called AS "isCalled"
       ${from} CROSS JOIN LATERAL pg_get_sequence_data(c.oid) d
       WHERE c.relkind = 'S' ORDER BY c.oid`,
    );
  }
  const found = await session.query<Found & Record<string, unknown>>(
    `WITH ${dumpedRelations(choice)} SELECT n.nspname AS schema, c.relname AS name ${from} WHERE c.relkind = 'S' ORDER BY c.oid`,
  );
  const sequences: PlannedSequence[] = [];
  for (const batch of batches(found, SELECTS_PER_STATEMENT)) {
    const selects = batch.map(
      (sequence) =>
        `SELECT ${quoteLiteral(sequence.schema)} AS schema, ${quoteLiteral(sequence.name)} AS name,
                last_value::text AS "lastValue", is_called AS "isCalled" FROM ${qualifiedName(sequence)}`,
    );
    sequences.push(...(await session.query<PlannedSequence & Record<string, unknown>>(selects.join(" UNION ALL "))));
  }
  return sequences;
}

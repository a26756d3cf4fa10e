/**
 * What cannot be read in a restored database without asking another server, which a restore never does: that may be production's,
 * under credentials that came with the restore point.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import type { Session } from "../session.ts";
import { qualifiedName } from "../sql.ts";
import { doneAmong, type RunStepsOptions, runSteps, type Step } from "./steps.ts";

const READING_FOREIGN = `
WITH RECURSIVE reading (oid) AS (
  SELECT oid FROM pg_catalog.pg_class WHERE relkind = 'f'
  UNION
  SELECT above.oid FROM reading r CROSS JOIN LATERAL (
    SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = r.oid
    UNION ALL
    SELECT w.ev_class FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_rewrite w ON w.oid = d.objid
     WHERE d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND d.deptype = 'n'
       AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = r.oid) AS above (oid)
)
SELECT n.nspname AS schema, c.relname AS name
  FROM reading JOIN pg_catalog.pg_class c USING (oid) JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace`;

/** Names of foreign tables, of what they are partitions or children of, and of views that read any of these; quoted. */
export async function readingForeign(session: Session): Promise<ReadonlySet<string>> {
  const rows = await session.query<{ schema: string; name: string }>(READING_FOREIGN);
  return new Set(rows.map(qualifiedName));
}

/** Counts steps as done that would ask another server, and tells once of each what comes of it. */
export async function passBy(
  session: Session,
  lock: string,
  steps: readonly Step[],
  instead: string,
  options: RunStepsOptions,
): Promise<void> {
  const done = await doneAmong(session, steps);
  for (const step of steps.filter(({ name }) => !done.has(name))) {
    const reason = `${step.what}: it reads a foreign table, whose server a restore does not ask`;
    await runSteps(session, lock, [{ ...step, statements: [], fallbacks: [] }], options);
    options.onDenied?.(step, new PreconditionError("reads-foreign-table", reason), instead);
  }
}

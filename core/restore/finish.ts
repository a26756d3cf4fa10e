/**
 * What comes after rows, indexes and foreign keys, and the proof that all of it was done.
 * @module
 */
import { IntegrityError } from "../errors.ts";
import type { DatabaseProperties, LargeObjectMetadata, RestorePhases } from "../postgres/ddl/index.ts";
import { databaseSteps } from "../postgres/load/database.ts";
import { isOfMarkerName } from "../postgres/load/entries.ts";
import { largeObjectSteps } from "../postgres/load/large-object-properties.ts";
import { dropMarker, loadedRows } from "../postgres/load/marker.ts";
import { analyzeSteps, refreshSteps } from "../postgres/load/materialized-views.ts";
import { sequenceSteps } from "../postgres/load/sequences.ts";
import { type RunStepsOptions, runSteps } from "../postgres/load/steps.ts";
import type { Session } from "../postgres/session.ts";
import { chunkObjects } from "../vault/manifest/chunk-objects.ts";
import type { Manifest } from "../vault/manifest/schema.ts";
import type { RestoreOptions } from "./options.ts";
import { findSchemaJson, type OpenRestorePoint, schemaObjects } from "./restore-point.ts";
import { runPhase } from "./schema.ts";
import { chunkNumbers } from "./work.ts";

export interface FinishInput {
  readonly point: OpenRestorePoint;
  readonly phases: RestorePhases;
  readonly options: Pick<RestoreOptions, "noOwner" | "noPrivileges">;
}

/**
 * Everything from the rest of the schema to ANALYZE and the database's own properties. Idempotent; call again after
 * TimeBudgetError. Event triggers come after the views are refreshed, for they fire on what a restore does.
 * @throws IntegrityError `restore-incomplete` when a chunk was not loaded as the manifest has it
 */
export async function finishSchema(
  session: Session,
  { point, phases, options }: FinishInput,
  running: RunStepsOptions = {},
): Promise<void> {
  const { manifest } = point;
  await assertAllLoaded(session, manifest);
  await runPhase(session, phases, "rest", running);
  await runSteps(session, "sequences", sequenceSteps(manifest.sequences.filter(isNotOfMarker)), running);
  const objects = await findSchemaJson<LargeObjectMetadata>(point, schemaObjects.largeObjects, ["groups", "comments"]);
  if (objects !== undefined) await runSteps(session, "large-objects", largeObjectSteps(objects, options), running);
  await runPhase(session, phases, "privileges", running);
  const populated = manifest.tables.filter((table) => table.kind === "matview" && table.populated !== false);
  await runSteps(session, "refresh", refreshSteps(phases.materializedViews, populated), running);
  await runSteps(session, "analyze", analyzeSteps(analyzed(manifest)), running);
  const database = await findSchemaJson<DatabaseProperties>(point, schemaObjects.database, ["settings"]);
  if (database !== undefined) {
    await runSteps(session, "database", databaseSteps(database, session.settings.database, options), running);
  }
  await runPhase(session, phases, "eventTriggers", running);
}

/** The last act: from here on the target counts as whole. */
export async function completeRestore(session: Session): Promise<void> {
  await session.query("SET synchronous_commit = on");
  await dropMarker(session);
}

/** Tables and roots of partitions, and materialized views that have rows. A root's ANALYZE takes its partitions with it. */
function analyzed({ tables }: Manifest) {
  const partitioned = new Set(tables.filter(({ kind }) => kind === "partitioned").map(({ oid }) => oid));
  return tables.filter(isNotOfMarker).filter(({ kind, parent, populated }) => {
    if (parent !== null && partitioned.has(parent)) return false;
    return kind === "table" || kind === "partitioned" || (kind === "matview" && populated !== false);
  });
}

const isNotOfMarker = ({ schema }: { readonly schema: string }): boolean => !isOfMarkerName(schema);

/** @throws IntegrityError `restore-incomplete` naming the first chunk at fault */
export async function assertAllLoaded(session: Session, manifest: Manifest): Promise<void> {
  const loaded = await loadedRows(session);
  const wanted = new Set(chunkNumbers(manifest));
  for (const { n, slices } of chunkObjects(manifest)) {
    if (!wanted.has(n)) continue;
    const rows = slices.reduce((sum, { chunk }) => sum + chunk.rows, 0);
    const got = loaded.get(n);
    if (got === rows) continue;
    const what = got === undefined ? "was not loaded" : `has ${got} rows`;
    throw new IntegrityError("restore-incomplete", `chunk ${n} ${what}, the manifest says ${rows} rows`);
  }
}

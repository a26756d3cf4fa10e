/**
 * The plan of a restore into the target at hand.
 * @module
 */
import { describeManifestParts } from "../../backup/parts.ts";
import { PreconditionError } from "../../errors.ts";
import type { Toc } from "../../postgres/ddl/index.ts";
import { readTargetFacts } from "../../postgres/facts/index.ts";
import { isOfMarker } from "../../postgres/load/entries.ts";
import { listNames } from "../../postgres/load/target.ts";
import { collationsNamed, type Needs, needsOfArchive } from "../../postgres/needs/index.ts";
import type { Session } from "../../postgres/session.ts";
import { databaseOf, largeObjectsOf, rolesOf } from "../described.ts";
import type { ChosenParts } from "../parts/index.ts";
import { findSchemaJson, isInUse, type OpenRestorePoint, readToc, schemaObjects } from "../restore-point.ts";
import { planRestore } from "./plan-restore.ts";
import { labelProvidersOf } from "./rules/storage.ts";
import type { PlanInput, PlanOptions } from "./rules/types.ts";
import type { RestorePlan, Rewritten } from "./types.ts";

/** @param isToBeCreated the session is in another database of the server: the target's own is not there yet */
export async function makePlan(
  session: Session,
  point: OpenRestorePoint,
  options: PlanOptions,
  { isToBeCreated = false }: { readonly isToBeCreated?: boolean } = {},
): Promise<RestorePlan> {
  // What comes beside things in use makes no roles.
  const asked = { ...options, skipRoles: options.skipRoles || isInUse(point) };
  const input = await readPlanInput(point, asked);
  const facts = await readTargetFacts(session, {
    collations: input.needs.collations.map(({ name }) => name),
    labelProviders: [...labelProvidersOf(input).keys()],
    encoding: input.manifest.server.encoding,
    isToBeCreated,
  });
  return withParts(planRestore(input, facts, asked), point.parts);
}

/** What the operator's choice of parts leaves out and renames stands first: it was asked for. */
function withParts(plan: RestorePlan, parts: ChosenParts | undefined): RestorePlan {
  if (parts === undefined) return plan;
  const left = parts.leftOut.map((one) => ({ ...one, code: "part-left-out" }));
  const renamed = (parts.broughtBack?.renamed ?? []).map(({ what, as }) => {
    return { what, code: "part-renamed", reason: `as ${as}` };
  });
  return {
    ...plan,
    leftOut: [...left, ...plan.leftOut],
    rewritten: [...lacking(parts), ...renamed, ...plan.rewritten],
  };
}

/** Of a restore point of parts, before it takes the place of a whole database; its result says it as well. */
function lacking({ manifest }: ChosenParts): Rewritten[] {
  if (manifest.parts === undefined) return [];
  const reason = `holds parts of its database only: ${describeManifestParts(manifest.parts)}`;
  return [{ what: `restore point ${manifest.id}`, code: "part-of-database", reason, isUnsaid: true }];
}

async function readPlanInput(point: OpenRestorePoint, { skipRoles }: PlanOptions): Promise<PlanInput> {
  const toc = withoutMarker(await readToc(point));
  const needs =
    (await findSchemaJson<Needs>(point, schemaObjects.needs, ["extensions", "collations"])) ?? needsOfArchive(toc);
  return {
    toc,
    manifest: point.manifest,
    needs: point.parts === undefined ? needs : neededBy(toc, needs),
    // Damage in what is not restored is not in the way.
    roles: skipRoles ? undefined : await rolesOf(point),
    database: await databaseOf(point),
    largeObjects: await largeObjectsOf(point),
  };
}

/** What only others than the chosen parts name, the target may lack. */
function neededBy({ entries }: Toc, needs: Needs): Needs {
  const named = new Set(entries.flatMap(({ defn = "" }) => collationsNamed(defn)));
  return { ...needs, collations: needs.collations.filter(({ name }) => named.has(name)) };
}

function withoutMarker(toc: Toc): Toc {
  const isOurs = ({ desc, namespace: schema, tag: name }: Toc["entries"][number]): boolean =>
    isOfMarker({ desc, schema, name });
  return { ...toc, entries: toc.entries.filter((entry) => !isOurs(entry)) };
}

/** What a message holds of a list; a state machine's error keeps a thousand characters in all. */
const MOST_CHARACTERS = 600;

/** @throws PreconditionError `target-cannot-take` naming the first of what is refused */
export function assertTakes({ refusals }: RestorePlan, database: string): void {
  const [first] = refusals;
  if (first === undefined) return;
  const names = listNames(
    refusals.map(({ what, reason, code }) => `${what}: ${reason} (${code})`),
    MOST_CHARACTERS,
  );
  // Of a single one the name and the cause at least, however long.
  const told = names.startsWith(" and ") ? `${first.what} (${first.code})${names}` : names;
  throw new PreconditionError("target-cannot-take", `database ${database} cannot take all of it. ${told}`, {
    hint: `${first.hint} \`holdfast restore … --plan\` lists everything.`,
  });
}

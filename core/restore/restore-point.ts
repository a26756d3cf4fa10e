/**
 * A restore point opened for restoring: keys, manifest, schema.
 * @module
 */
import { IntegrityError } from "../errors.ts";
import {
  classify,
  type DatabaseProperties,
  type OwnershipOptions,
  parseArchive,
  type RestoreEntry,
  type RestorePhases,
  type Toc,
} from "../postgres/ddl/index.ts";
import { inColumnOrder } from "../postgres/load/column-order.ts";
import { isOfMarker } from "../postgres/load/entries.ts";
import { sourceSearchPath } from "../postgres/load/source-path.ts";
import { mapTocRoles, type RoleNames } from "../postgres/roles/map-roles.ts";
import { publicSchemaEntries } from "../postgres/versions/index.ts";
import type { OpenEnvelope } from "../vault/envelope/open.ts";
import type { Unwrapper } from "../vault/envelope/recipient.ts";
import type { RestorePointRef } from "../vault/keys.ts";
import type { Manifest } from "../vault/manifest/schema.ts";
import { readSmallObject } from "../vault/object/small.ts";
import { type OpenManifestOptions, openManifest } from "../vault/open.ts";
import type { Store } from "../vault/store/port.ts";
import { isOfParts, type Parts, type RestoreOptions } from "./options.ts";
import { type ChosenParts, choosePartsOf } from "./parts/index.ts";
import { besidePhases } from "./parts/phases.ts";
import type { FrozenPlan } from "./plan/types.ts";

/** Names under which a backup stores what belongs to the schema. */
export const schemaObjects = {
  archive: "archive",
  roles: "roles.json",
  database: "database.json",
  largeObjects: "large-objects.json",
  /** Absent of restore points of older versions. */
  needs: "needs.json",
} as const;

export interface VaultAccess {
  readonly store: Store;
  readonly unwrappers: readonly Unwrapper[];
}

export interface OpenRestorePoint {
  readonly ref: RestorePointRef;
  readonly store: Store;
  readonly envelope: OpenEnvelope;
  /** Of what is restored, under the names it gets. */
  readonly manifest: Manifest;
  /** As which its roles are named; absent where by their own names. */
  readonly roleNames?: RoleNames;
  /** Absent where all of it is restored. */
  readonly parts?: ChosenParts;
  /** What was agreed to with regard to its target; absent before that is known. */
  readonly agreed?: Agreed;
}

/** @throws IntegrityError when envelope or manifest are missing or changed; PreconditionError `envelope-no-recipient` */
export async function openRestorePoint(
  access: VaultAccess,
  ref: RestorePointRef,
  options: OpenManifestOptions = {},
): Promise<OpenRestorePoint> {
  const { store } = access;
  const { envelope, manifest } = await openManifest(store, ref, access.unwrappers, options);
  return { ref, store, envelope, manifest };
}

/** @throws IntegrityError `schema-object-missing`, or naming the object that was changed */
export async function readSchemaObject(point: OpenRestorePoint, name: string): Promise<Uint8Array> {
  const body = await findSchemaObject(point, name);
  if (body !== undefined) return body;
  throw new IntegrityError("schema-object-missing", `manifest of ${point.ref.restorePointId} lists no schema ${name}`);
}

/** As `readSchemaObject`; undefined when the restore point has none of that name. */
export async function findSchemaObject(point: OpenRestorePoint, name: string): Promise<Uint8Array | undefined> {
  const listed = point.manifest.schema.find((object) => object.name === name);
  if (listed === undefined) return undefined;
  return (await readSmallObject(point, listed.object, listed)).body;
}

/**
 * A JSON object of the schema. Authenticated bytes of our own writing: only what a newer version might have changed is checked.
 * @throws IntegrityError `schema-object-malformed`
 */
export async function findSchemaJson<Value extends object>(
  point: OpenRestorePoint,
  name: string,
  fields: readonly (keyof Value & string)[],
): Promise<Value | undefined> {
  const body = await findSchemaObject(point, name);
  if (body === undefined) return undefined;
  const value: unknown = JSON.parse(new TextDecoder().decode(body));
  if (typeof value === "object" && value !== null && fields.every((field) => field in value)) return value as Value;
  throw new IntegrityError("schema-object-malformed", `${name} lacks one of ${fields.join(", ")}`, {
    hint: "Restore with the version of Holdfast that made the restore point, or a newer one.",
  });
}

/** Under which functions that name things without their schema find them in the source. */
export async function readSearchPath(point: OpenRestorePoint): Promise<string> {
  return sourceSearchPath(await findSchemaJson<DatabaseProperties>(point, schemaObjects.database, ["settings"]));
}

export interface Agreed {
  readonly plan: FrozenPlan;
  /** What is made. */
  readonly toc: Toc;
  /** What would be made, were nothing left out. */
  readonly whole: Toc;
}

/** The archive's table of contents, of what is restored and under the names it gets. */
export async function readToc(point: OpenRestorePoint): Promise<Toc> {
  if (point.agreed !== undefined) return point.agreed.toc;
  if (point.parts !== undefined) return point.parts.toc;
  const toc = parseArchive(await readSchemaObject(point, schemaObjects.archive));
  return point.roleNames === undefined ? toc : mapTocRoles(toc, point.roleNames);
}

/** The same restore point as far as these options mean it. @throws PreconditionError as `choosePartsOf` */
export async function openParts(
  whole: OpenRestorePoint,
  options: Parts & { readonly roles?: RoleNames },
): Promise<OpenRestorePoint> {
  const { roles: roleNames = {} } = options;
  const point = Object.keys(roleNames).length === 0 ? whole : { ...whole, roleNames };
  // Most steps of most restores have no need of the archive.
  if (!isOfParts(options) && point.manifest.parts === undefined) return point;
  const parts = choosePartsOf(await readToc(point), point.manifest, options);
  return { ...point, manifest: parts.manifest, parts };
}

/** Whether it comes into a database that holds something else, of which nothing may be touched. */
export function isInUse({ parts }: OpenRestorePoint): boolean {
  return parts !== undefined && parts.mode !== "empty";
}

function publicSchemaOf(point: OpenRestorePoint, options: OwnershipOptions): readonly RestoreEntry[] {
  const { agreed } = point;
  if (agreed === undefined || isInUse(point)) return [];
  return publicSchemaEntries(agreed.whole, agreed.plan.decisions.serverVersion, options);
}

/** The statements of the restore in their phases, without a marker that the source itself may have held. */
export async function readPhases(
  point: OpenRestorePoint,
  options: {
    readonly noOwner: boolean;
    readonly noPrivileges: boolean;
    readonly tablespaces?: RestoreOptions["tablespaces"] | undefined;
  },
): Promise<RestorePhases> {
  const toc = inColumnOrder(await readToc(point), point.manifest.tables);
  const phases = classify(toc, {
    searchPath: await readSearchPath(point),
    withOwners: !options.noOwner,
    withPrivileges: !options.noPrivileges,
    withTablespaces: options.tablespaces === "keep",
  });
  const ours = <Entry extends Parameters<typeof isOfMarker>[0]>(entries: readonly Entry[]): Entry[] =>
    entries.filter((entry) => !isOfMarker(entry));
  const own = {
    ...phases,
    timeZone: point.manifest.server.settings.TimeZone,
    preData: [...publicSchemaOf(point, options), ...ours(phases.preData)],
    indexes: ours(phases.indexes),
    indexAttachments: ours(phases.indexAttachments),
    foreignKeys: ours(phases.foreignKeys),
    rest: ours(phases.rest),
    privileges: ours(phases.privileges),
  };
  const back = point.parts?.broughtBack;
  return back === undefined ? own : besidePhases(own, back);
}

import { nameOfEntry, type TocEntry } from "../../postgres/ddl/index.ts";
import type { TargetFacts } from "../../postgres/facts/index.ts";
import { dependentsOf, isRemark } from "./dependents.ts";
import { someNames, sqlOfEntry } from "./describe.ts";
import { extensions, relationsOf } from "./rules/extensions.ts";
import { grantors } from "./rules/grantors.ts";
import { kinds } from "./rules/kinds.ts";
import { platform } from "./rules/platform.ts";
import { roles } from "./rules/roles.ts";
import { rowSecurity, server } from "./rules/server.ts";
import { settings } from "./rules/settings.ts";
import { accessMethods, securityLabels, tablespaces } from "./rules/storage.ts";
import { collations, databaseCollation, encodings } from "./rules/text.ts";
import type { PlanInput, PlanOptions, Rule, Trouble } from "./rules/types.ts";
import { isSaidOtherwise, versions } from "./rules/versions.ts";
import { type Decisions, type LeftOut, NO_DECISIONS, type Refusal, type RestorePlan } from "./types.ts";

/** What is wrong with everything first. A rule more is a function more. */
const RULES: readonly Rule[] = [
  server,
  encodings,
  databaseCollation,
  collations,
  extensions,
  kinds,
  roles,
  grantors,
  rowSecurity,
  accessMethods,
  tablespaces,
  securityLabels,
  settings,
  versions,
];

/**
 * Holds what is to be restored against its target. Pure: the same of the same. Whatever is left out, or goes along with what is
 * left out, is in the plan by name; with a refusal in it nothing may be touched.
 */
export function planRestore(input: PlanInput, facts: TargetFacts, options: PlanOptions): RestorePlan {
  const ofPlatform = platform(input, facts);
  const rest = withoutEntries(input, ofPlatform);
  const findings = [...ofPlatform, ...RULES.flatMap((rule) => rule(rest, facts, options))];
  const troubles = findings.filter((finding) => finding.verdict === "trouble");
  const isLeft = ({ leaving, isAgreed = false }: Trouble): boolean =>
    leaving !== undefined && (isAgreed || options.leaveOut === true);
  const left = troubles.filter(isLeft);
  const along = alongWith(left, input);
  const isAgreed = options.leaveOut === true;
  const relations = relationsAlong(left, isAgreed ? along : [], input);
  return {
    leftOut: [
      ...left.flatMap((trouble) => leftOutOf(trouble, input)),
      ...(isAgreed ? along.map((entry) => asLeftOut(entry, input)) : []),
      ...relations.flatMap(({ extension, table }) => rowsLeftOut(extension, table, input)),
    ],
    rewritten: findings.flatMap((finding) => {
      if (finding.verdict !== "told") return [];
      const { what, code, reason } = finding;
      return [{ what, code, reason }];
    }),
    refusals: [
      ...troubles.filter((trouble) => !isLeft(trouble)).map((trouble) => asRefusal(trouble, input.toc.entries)),
      ...(isAgreed ? [] : along.filter((entry) => !isRemark(entry)).map(asOrphan)),
    ],
    decisions: {
      ...merge(
        facts.role.name,
        left.map(({ leaving }) => leaving?.decisions ?? {}),
      ),
      relations: relations.map(({ table }) => table),
      serverVersion: isSaidOtherwise(input, facts.serverVersion) ? facts.serverVersion : 0,
    },
    ...(input.needs.databaseBytes !== undefined && { databaseBytes: input.needs.databaseBytes }),
  };
}

/** What is left out anyway, and is there by another hand, no rule has to ask about. */
function withoutEntries(input: PlanInput, left: readonly Trouble[]): PlanInput {
  if (left.length === 0) return input;
  const gone = new Set(left.flatMap(({ leaving }) => leaving?.entries ?? []));
  const entries = input.toc.entries.filter(({ dumpId }) => !gone.has(dumpId));
  return { ...input, toc: { ...input.toc, entries } };
}

/** Nothing hangs on what is there by another hand. */
function alongWith(left: readonly Trouble[], input: PlanInput): TocEntry[] {
  const { entries } = input.toc;
  const all = (some: readonly Trouble[]): number[] => some.flatMap(({ leaving }) => leaving?.entries ?? []);
  const gone = new Set(all(left.filter(({ leaving }) => leaving?.isReplaced !== true)));
  const named = new Set(all(left));
  const along = [...dependentsOf(entries, gone), ...saidOfMembers(gone, input)];
  return along.filter(({ dumpId }) => !named.has(dumpId));
}

/** What is said about things of an extension's own names none of them: it is told by the schema that they lie in. */
function saidOfMembers(gone: ReadonlySet<number>, { toc, needs }: PlanInput): TocEntry[] {
  const extensions = toc.entries.filter(({ desc, dumpId }) => desc === "EXTENSION" && gone.has(dumpId));
  const names = new Set(extensions.map(({ tag }) => tag));
  const schemas = new Set(needs.extensions.filter(({ name }) => names.has(name)).map(({ schema }) => schema));
  if (schemas.size === 0) return [];
  const known = new Set(toc.entries.map(({ dumpId }) => dumpId));
  return toc.entries.filter(
    (entry) =>
      isRemark(entry) &&
      schemas.has(entry.namespace ?? "") &&
      entry.dependencies.length > 0 &&
      entry.dependencies.every((dumpId) => !known.has(dumpId)),
  );
}

/** An item for each entry, or for the thing itself where it is none. */
function leftOutOf({ what, code, reason, sql, leaving }: Trouble, input: PlanInput): LeftOut[] {
  const { toc } = input;
  const dumpIds = new Set(leaving?.entries);
  const entries = toc.entries.filter(({ dumpId }) => dumpIds.has(dumpId));
  const own = entries.filter((entry) => nameOfEntry(entry) === what);
  const others = entries.filter((entry) => nameOfEntry(entry) !== what);
  const [first] = own;
  return [
    { ...(first !== undefined && { dumpId: first.dumpId }), what, code, reason, ...(sql !== undefined && { sql }) },
    ...others.map((entry) => ({
      dumpId: entry.dumpId,
      what: nameOfEntry(entry),
      code,
      reason: withRows(`${what}: ${reason}`, entry, input),
      ...(leaving?.isBrief === true ? { isUnsaid: true as const } : sqlOfEntry(entry)),
    })),
  ];
}

interface RelationAlong {
  readonly extension: string;
  readonly table: { readonly schema: string; readonly name: string };
}

/** What extensions that are left out have of their own, and is in the restore point without an entry. */
function relationsAlong(left: readonly Trouble[], along: readonly TocEntry[], input: PlanInput): RelationAlong[] {
  const gone = new Set([
    ...left.filter(({ leaving }) => leaving?.isReplaced !== true).flatMap(({ leaving }) => leaving?.entries ?? []),
    ...along.map(({ dumpId }) => dumpId),
  ]);
  const extensions = input.toc.entries.filter(({ desc, dumpId }) => desc === "EXTENSION" && gone.has(dumpId));
  return extensions.flatMap(({ tag: extension }) =>
    relationsOf(extension, input).map((table) => ({ extension, table })),
  );
}

function rowsLeftOut(extension: string, table: RelationAlong["table"], input: PlanInput): LeftOut[] {
  const rows = rowsOf(table, input);
  const what = `${rows} rows of ${table.schema}.${table.name}`;
  return rows === 0 ? [] : [{ what, code: "needs-left-out", reason: `they belong to extension ${extension}` }];
}

function rowsOf({ schema, name }: RelationAlong["table"], { manifest }: PlanInput): number {
  return manifest.tables.find((table) => table.schema === schema && table.name === name)?.rows ?? 0;
}

function asLeftOut(entry: TocEntry, input: PlanInput): LeftOut {
  const { dumpId } = entry;
  const reason = withRows(NEEDS_LEFT_OUT, entry, input);
  return { dumpId, what: nameOfEntry(entry), code: "needs-left-out", reason, ...sqlOfEntry(entry) };
}

/** Nobody shall have to guess that rows go with their table. */
function withRows(reason: string, { desc, namespace: schema = "", tag: name }: TocEntry, input: PlanInput): string {
  const rows = desc === "TABLE" ? rowsOf({ schema, name }, input) : 0;
  return rows === 0 ? reason : `${reason}; its ${rows} rows go along`;
}

const NEEDS_LEFT_OUT = "it needs something that is left out";

function asOrphan(entry: TocEntry): Refusal {
  const hint = "Restore with --leave-out to agree that it goes along, or have what it needs made beforehand.";
  return { what: nameOfEntry(entry), code: "needs-left-out", reason: NEEDS_LEFT_OUT, hint };
}

function asRefusal({ what, code, reason, hint, sql, leaving }: Trouble, entries: readonly TocEntry[]): Refusal {
  const along = dependentsOf(entries, new Set(leaving?.entries)).filter((entry) => !isRemark(entry));
  const more = along.length === 0 ? "" : `; ${along.length} more need it: ${someNames(along.map(nameOfEntry))}`;
  return { what, code, reason: `${reason}${more}`, hint, ...(sql !== undefined && { sql }) };
}

/** What each of the things left out adds to. */
type ListKey = Exclude<keyof Decisions, "relations" | "restoringRole" | "serverVersion">;

function merge(
  restoringRole: string,
  decisions: readonly Partial<Decisions>[],
): Omit<Decisions, "relations" | "serverVersion"> {
  const all = <Key extends ListKey>(key: Key): Decisions[Key][number][] =>
    decisions.flatMap((one) => [...(one[key] ?? NO_DECISIONS[key])]);
  return {
    restoringRole,
    missingRoles: all("missingRoles"),
    foreignOwners: all("foreignOwners"),
    foreignGrantors: all("foreignGrantors"),
    accessMethods: all("accessMethods"),
    tablespaces: all("tablespaces"),
    labelProviders: all("labelProviders"),
    settings: all("settings"),
  };
}

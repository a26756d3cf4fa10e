/**
 * Tables beside what is there: which of what hangs on them comes along, what has to be there already, and all of it renamed.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import { matchesSchema, type Named } from "../../parts/choice.ts";
import { nameOfEntry, type Toc, type TocEntry } from "../../postgres/ddl/index.ts";
import { listNames } from "../../postgres/load/target.ts";
import { qualifiedName } from "../../postgres/sql.ts";
import { tokens } from "../../postgres/tokens.ts";
import type { Manifest } from "../../vault/manifest/schema.ts";
import type { Parts } from "../options.ts";
import { keyOf, type NewNames, newNames, type OwnName, ownNames } from "./names.ts";
import { renameEntry } from "./rewrite.ts";
import type { PartLeftOut } from "./select.ts";

/** What the database in use has to have, and what it must not have. */
export interface BroughtBack {
  /** Made where it is not there. */
  readonly schemas: readonly string[];
  /** Tables, partitions, sequences, indexes, statistics: to be free. */
  readonly names: readonly OwnName[];
  /** Types, functions and more that are used and do not come along. */
  readonly needed: readonly TocEntry[];
  /** Owners and grantees. */
  readonly roles: readonly string[];
  /** Relations whose privileges are to be those of the restore point alone, quoted. */
  readonly granted: readonly string[];
  /** What is called otherwise than it was, quoted. */
  readonly renamed: readonly { readonly what: string; readonly as: string }[];
  /** What drops it again, for who gives it up half way. */
  readonly undo: readonly string[];
}

interface Back {
  readonly toc: Toc;
  /** By their old names. */
  readonly relations: ReadonlySet<string>;
  readonly rename: (manifest: Manifest) => Manifest;
  readonly leftOut: readonly PartLeftOut[];
  readonly broughtBack: BroughtBack;
}

const REMARKS: ReadonlySet<string> = new Set(["ACL", "COMMENT", "SECURITY LABEL"]);
/** What comes along with a table. Row security does, its policies do not: the table shows nobody a row but its owner. */
const BROUGHT: ReadonlySet<string> = new Set([
  "CHECK CONSTRAINT",
  "CONSTRAINT",
  "DEFAULT",
  "INDEX",
  "INDEX ATTACH",
  "ROW SECURITY",
  "SEQUENCE OWNED BY",
  "STATISTICS",
  "TABLE ATTACH",
]);
const REASONS: Readonly<Record<string, string>> = {
  "FK CONSTRAINT": "foreign keys would bind the tables that are in use",
  POLICY: "policies are not brought beside a database in use",
  "PUBLICATION TABLE": "publications would send it to their subscribers",
  RULE: "rules would act on the tables that are in use",
  TRIGGER: "triggers would act on the tables that are in use",
};

const TABLES_ALONE = "tables alone come beside a database in use, with the sequences that are theirs";

/** Chosen as well, though it is no table's: a sequence by its name, a type or a function by its schema. */
function isPassedBy({ desc, namespace }: TocEntry, { schemas }: Parts): boolean {
  if (namespace === undefined || REMARKS.has(desc) || desc === "DEFAULT ACL") return false;
  return desc === "SEQUENCE" || matchesSchema(schemas, namespace);
}

/** @throws PreconditionError `parts-not-tables` when something else is chosen, or nothing */
export function bringBack(chosen: Toc, manifest: Manifest, options: Parts): Back {
  const { entries } = chosen;
  const byId = new Map(entries.map((entry) => [entry.dumpId, entry]));
  const tables = entries.filter((entry) => isMeant(entry, manifest));
  assertTables(entries, tables, manifest);
  const own = new Set(tables.map(({ dumpId }) => dumpId));
  const isOf = ({ dependencies }: TocEntry): boolean => dependencies.some((dumpId) => own.has(dumpId));
  for (const entry of entries) if (entry.desc === "SEQUENCE" && isOf(entry)) own.add(entry.dumpId);
  const leftOut: PartLeftOut[] = [];
  for (const entry of entries) {
    if (own.has(entry.dumpId) || !isOf(entry)) continue;
    const reason = REASONS[entry.desc];
    if (BROUGHT.has(entry.desc) || REMARKS.has(entry.desc)) own.add(entry.dumpId);
    else if (reason !== undefined) leftOut.push({ dumpId: entry.dumpId, what: nameOfEntry(entry), reason });
  }
  const brought = entries.filter(({ dumpId }) => own.has(dumpId));
  const names = newNames(brought, options, options.as === undefined ? "" : rootOf(tables, manifest));
  const constraints = new Set(brought.filter(({ desc }) => desc === "CONSTRAINT").map(({ dumpId }) => dumpId));
  const renamed = brought.map((entry) => renameEntry(entry, names, constraints));
  const neededIds = new Set(brought.flatMap(({ dependencies }) => dependencies).filter((dumpId) => !own.has(dumpId)));
  const settled = new Set([...own, ...neededIds, ...leftOut.map(({ dumpId }) => dumpId)]);
  for (const entry of entries) {
    const { dumpId } = entry;
    if (!settled.has(dumpId) && isPassedBy(entry, options)) {
      leftOut.push({ dumpId, what: nameOfEntry(entry), reason: TABLES_ALONE });
    }
  }
  const needed = [...neededIds].flatMap((dumpId) => byId.get(dumpId) ?? []);
  const relations = new Set(
    brought.filter(({ desc }) => desc === "TABLE" || desc === "SEQUENCE").map((entry) => keyOf(nameOf(entry))),
  );
  return {
    toc: { ...chosen, entries: renamed },
    relations,
    rename: (part) => renameManifest(part, names),
    leftOut,
    broughtBack: {
      schemas: [...new Set(tables.map(({ namespace }) => options.intoSchema ?? namespace ?? ""))],
      names: takenNames(brought, names),
      needed: needed.filter(({ desc, namespace }) => desc !== "SCHEMA" || namespace !== undefined),
      roles: [...new Set(renamed.flatMap(rolesOf))].toSorted(),
      granted: renamed.filter(({ desc }) => desc === "TABLE" || desc === "SEQUENCE").map(quoted),
      renamed: describeRenamed(names),
      // A partition is a table by itself until it is attached.
      undo: tables.map((entry) => dropOf(entry, names)),
    },
  };
}

/** Ordinary and partitioned tables. */
function isMeant({ desc, namespace: schema, tag: name }: TocEntry, { tables }: Manifest): boolean {
  if (desc !== "TABLE") return false;
  const kind = tables.find((table) => table.schema === schema && table.name === name)?.kind;
  return kind === "table" || kind === "partitioned";
}

function assertTables(entries: readonly TocEntry[], tables: readonly TocEntry[], { id }: Manifest): void {
  const others = entries.filter(({ desc }) => /^(VIEW|MATERIALIZED VIEW|FOREIGN TABLE)$/.test(desc)).map(nameOfEntry);
  if (tables.length > 0 && others.length === 0) return;
  const what = others.length > 0 ? `${listNames(others)} of` : "no table is chosen of";
  throw new PreconditionError(
    "parts-not-tables",
    `${what} restore point ${id}: tables alone can come beside a database in use`,
    {
      hint: "Name tables with --table; what is made of them, views say, restore into a database of its own.",
    },
  );
}

const nameOf = ({ namespace, tag }: TocEntry): Named => ({ schema: namespace ?? "", name: tag });
const quoted = (entry: TocEntry): string => qualifiedName(nameOf(entry));

/** A table that is no partition of one that comes along. */
function isRoot(entry: TocEntry, { tables }: Manifest): boolean {
  const table = tables.find(({ schema, name }) => schema === entry.namespace && name === entry.tag);
  const parent = tables.find(({ oid }) => oid === table?.parent);
  return parent?.kind !== "partitioned";
}

function rootOf(tables: readonly TocEntry[], manifest: Manifest): string {
  return (tables.find((entry) => isRoot(entry, manifest)) ?? tables[0])?.tag ?? "";
}

function renameManifest(manifest: Manifest, names: NewNames): Manifest {
  const renamed = <Relation extends Named>(relation: Relation): Relation => ({
    ...relation,
    ...names.get(keyOf(relation)),
  });
  return { ...manifest, tables: manifest.tables.map(renamed), sequences: manifest.sequences.map(renamed) };
}

function takenNames(brought: readonly TocEntry[], names: NewNames): BroughtBack["names"] {
  const own = brought.flatMap(ownNames);
  return own.map((name) => ({ ...name, ...names.get(keyOf(name)) }));
}

/** The owner, and who is named by `GRANT … TO` and `REVOKE … FROM`. */
function rolesOf({ desc, owner, defn = "" }: TocEntry): string[] {
  const owners = owner === undefined || desc === "ACL" ? [] : [owner];
  if (desc !== "ACL") return owners;
  const found = tokens(defn);
  return found.flatMap((token, at) => {
    const before = found[at - 1];
    if (before?.kind !== "word" || !/^(TO|FROM)$/.test(before.text) || token.text === "PUBLIC") return [];
    return [token.kind === "name" ? token.text.slice(1, -1).replaceAll('""', '"') : token.text];
  });
}

function describeRenamed(names: NewNames): BroughtBack["renamed"] {
  return [...names].flatMap(([key, to]) => {
    const [schema = "", name = ""] = JSON.parse(key) as [string, string];
    if (schema === to.schema && name === to.name) return [];
    return [{ what: qualifiedName({ schema, name }), as: qualifiedName(to) }];
  });
}

function dropOf(entry: TocEntry, names: NewNames): string {
  return `DROP TABLE IF EXISTS ${qualifiedName(names.get(keyOf(nameOf(entry))) ?? nameOf(entry))}`;
}

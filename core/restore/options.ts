/**
 * What an operator can ask of a restore.
 * @module
 */
import { z } from "zod";
import { isExact, schemaPatternsField, tablePattern, tablePatternsField } from "../parts/pattern.ts";
import { isOfMarkerName } from "../postgres/load/entries.ts";
import { IN_USE } from "../postgres/load/marker.ts";
import { parseOptions } from "../runs/options.ts";

/** PostgreSQL's NAMEDATALEN less one: it would cut a longer name without a word. */
const LONGEST_NAME_BYTES = 63;

/** Any name PostgreSQL allows. A NUL would end the name in the start-up message and begin a parameter of the sender's own. */
export const databaseField = z
  .string()
  .min(1)
  .refine((name) => Buffer.byteLength(name) <= LONGEST_NAME_BYTES && !name.includes("\0") && name.isWellFormed(), {
    error: `allowed are at most ${LONGEST_NAME_BYTES} bytes of UTF-8 without NUL`,
  });

/** A run's settings are one item of the catalog. */
const MOST_ROLES = 100;
/** More than any database has; their names pass from state to state, as patterns do. */
const MOST_EXTENSIONS = 100;

/** Whether it looks as `listId` makes them. */
export function isListId(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{12}$/.test(value);
}

const fields = z.strictObject({
  /** The database to restore into. Absent: the one the connection names, or with `create` the source's name. */
  database: databaseField.optional(),
  /** Create the database with the source's encoding and locale; the connection's own database is only where this is said. */
  create: z.boolean().default(false),
  /** Drop what is in the target first, after listing it; by the list's id only if it is still that. */
  confirm: z
    .custom<boolean | string>((value) => typeof value === "boolean" || isListId(value), {
      error: "allowed is true, false or the id of a list",
    })
    .default(false),
  /** Everything belongs to the connecting role. */
  noOwner: z.boolean().default(false),
  /** No GRANT, REVOKE and default privileges. */
  noPrivileges: z.boolean().default(false),
  /** Roles are not created; owners and grantees have to be there, or be left out by the two options above. */
  skipRoles: z.boolean().default(false),
  /** Other names for roles of the restore point: owners, grantees, members. */
  roles: z
    .record(databaseField, databaseField)
    .refine((roles) => Object.keys(roles).length <= MOST_ROLES, { error: `allowed are at most ${MOST_ROLES}` })
    .default({}),
  /** What is held against the manifest before the restore counts as done. */
  compare: z.enum(["off", "counts", "rows"]).default("counts"),
  /** Only what is meant by these patterns, and what it needs; both empty: everything. */
  schemas: schemaPatternsField.default([]),
  tables: tablePatternsField.default([]),
  /** All but these. */
  excludeSchemas: schemaPatternsField.default([]),
  excludeTables: tablePatternsField.default([]),
  /** Definitions, and no row. */
  schemaOnly: z.boolean().default(false),
  /** Rows, into tables that are there and empty. */
  dataOnly: z.boolean().default(false),
  /** Tables into a schema of a database that is in use, of which nothing else is touched. */
  intoSchema: databaseField.optional(),
  /** One table there, under this name. */
  as: databaseField.optional(),
  /** Nothing is restored: the restore ends when it has said what it would do otherwise than the restore point says. */
  plan: z.boolean().default(false),
  /** What the target cannot take is left out, by name, instead of being refused. */
  leaveOut: z.boolean().default(false),
  /** Extensions that are not made; what needs them has to be left out as well, or to find them there. */
  skipExtensions: z.array(databaseField).max(MOST_EXTENSIONS).default([]),
  /** `keep`: in tablespaces of the same names. Otherwise all is in the database's default one. */
  tablespaces: z.enum(["default", "keep"]).default("default"),
});

const { schemas, tables, excludeSchemas, excludeTables, schemaOnly, dataOnly, intoSchema, as } = fields.shape;
/** The fields that choose parts, for who compares what they have brought. */
export const partFields = { schemas, tables, excludeSchemas, excludeTables, schemaOnly, dataOnly, intoSchema, as };

/** Whether less than the whole restore point was asked for. */
export function isOfParts(options: Partial<Parts>): boolean {
  return describeParts(options).length > 0;
}

/** Whether tables come into a database that is in use, beside what is there. */
export function isIntoUse({ intoSchema, as }: Partial<Parts>): boolean {
  return intoSchema !== undefined || as !== undefined;
}

/** They pass from state to state, and no state's input is larger than 32 KiB: a character may take six of its bytes. */
const MOST_CHARACTERS = 4_000;

const restoreOptionsSchema = fields.superRefine((options, context) => {
  const refuse = (path: string, message: string): void => context.addIssue({ code: "custom", path: [path], message });
  const { confirm, create, schemaOnly, dataOnly, tables, as } = options;
  if (confirm !== false && isOfParts(options))
    refuse("confirm", "allowed is none with parts: they never drop anything");
  const characters = LISTS.flatMap((name) => options[name]).join("").length;
  if (characters > MOST_CHARACTERS) refuse("tables", `allowed are patterns of ${MOST_CHARACTERS} characters in all`);
  if (schemaOnly && dataOnly) refuse("dataOnly", "allowed is one of schemaOnly and dataOnly");
  if (create && (dataOnly || isIntoUse(options))) refuse("create", "allowed is a database that is there");
  if (!isOfUsers(options.intoSchema)) refuse("intoSchema", "allowed is a schema of the user's own");
  if (dataOnly && isIntoUse(options)) refuse("dataOnly", "allowed are tables under their own names");
  if (isIntoUse(options) && tables.length + options.schemas.length === 0) {
    refuse("tables", "allowed is at least one, to be brought into a database that is in use");
  }
  const [only, ...others] = tables.map(tablePattern);
  const isOne = only !== undefined && others.length === 0 && isExact(only.schema) && isExact(only.name);
  if (as !== undefined && (!isOne || options.schemas.length > 0)) refuse("as", "allowed is one table, named exactly");
});

/** What lies in the schema of the mark goes with it; PostgreSQL's own takes no tables. */
function isOfUsers(schema: string | undefined): boolean {
  return schema === undefined || !(/^(pg_|information_schema$)/.test(schema) || isOfMarkerName(schema));
}

export type RestoreOptions = z.output<typeof restoreOptionsSchema>;

const LISTS = ["schemas", "tables", "excludeSchemas", "excludeTables"] as const;

/** The options that choose parts, and under which names they come. */
export type Parts = Pick<
  z.output<typeof fields>,
  (typeof LISTS)[number] | "schemaOnly" | "dataOnly" | "intoSchema" | "as"
>;

function isInUse({ dataOnly, intoSchema, as }: Partial<Parts>): boolean {
  return dataOnly === true || intoSchema !== undefined || as !== undefined;
}

/** `tables public.film`, `into schema recovered`: what was chosen, as it was written. */
export function describeParts({ intoSchema, as, schemaOnly, dataOnly, ...options }: Partial<Parts>): string[] {
  return [
    ...(schemaOnly === true ? ["schemaOnly"] : []),
    ...(dataOnly === true ? ["dataOnly"] : []),
    ...LISTS.flatMap((name) => (options[name]?.length ? [`${name} ${options[name].join(" ")}`] : [])),
    ...(intoSchema === undefined ? [] : [`into schema ${intoSchema}`]),
    ...(as === undefined ? [] : [`as ${as}`]),
  ];
}

/** The options that make another database of the same restore point. */
export type LeavingOut = Pick<RestoreOptions, "create" | "noOwner" | "noPrivileges" | "skipRoles"> &
  Partial<Parts> &
  Partial<Pick<RestoreOptions, "leaveOut" | "roles" | "skipExtensions" | "tablespaces">>;

/** `create, noOwner`, or `no options`: in words that stay the same, for an unfinished restore is continued by them. */
export function describeLeftOut(options: LeavingOut): string {
  const names = ["create", "noOwner", "noPrivileges", "skipRoles", "leaveOut"] as const;
  const { roles = {}, skipExtensions = [], tablespaces } = options;
  const words = [
    ...(isInUse(options) ? [IN_USE] : []),
    ...names.filter((name) => options[name]),
    ...Object.entries(roles)
      .toSorted()
      .map(([old, name]) => `role ${old} as ${name}`),
    ...skipExtensions.toSorted().map((name) => `skipExtensions ${name}`),
    ...(tablespaces === "keep" ? ["tablespaces keep"] : []),
    ...describeParts(options),
  ];
  return words.join(", ") || "no options";
}

/** @throws ConfigurationError `invalid-options` naming the option, what it got and what is allowed */
export function parseRestoreOptions(input: unknown): RestoreOptions {
  const hint = `Options of a restore are ${Object.keys(fields.shape).join(", ")}.`;
  return parseOptions(restoreOptionsSchema, input, hint);
}

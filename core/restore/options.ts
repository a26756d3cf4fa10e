/**
 * What an operator can ask of a restore.
 * @module
 */
import { z } from "zod";
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

/** More than any server offers. */
const MOST_EXTENSIONS = 500;

/** Whether it looks as `listId` makes them. */
export function isListId(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{12}$/.test(value);
}

const restoreOptionsSchema = z.strictObject({
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
  /** What is held against the manifest before the restore counts as done. */
  compare: z.enum(["off", "counts", "rows"]).default("counts"),
  /** Nothing is restored: the restore ends when it has said what it would do otherwise than the restore point says. */
  plan: z.boolean().default(false),
  /** What the target cannot take is left out, by name, instead of being refused. */
  leaveOut: z.boolean().default(false),
  /** Extensions that are not made; what needs them has to be left out as well, or to find them there. */
  skipExtensions: z.array(databaseField).max(MOST_EXTENSIONS).default([]),
  /** `keep`: in tablespaces of the same names. Otherwise all is in the database's default one. */
  tablespaces: z.enum(["default", "keep"]).default("default"),
});

export type RestoreOptions = z.output<typeof restoreOptionsSchema>;

/** The options that make another database of the same restore point. */
export type LeavingOut = Pick<RestoreOptions, "create" | "noOwner" | "noPrivileges" | "skipRoles"> &
  Partial<Pick<RestoreOptions, "leaveOut" | "skipExtensions" | "tablespaces">>;

/** `create, noOwner`, or `no options`: in words that stay the same, for an unfinished restore is continued by them. */
export function describeLeftOut(options: LeavingOut): string {
  const names = ["create", "noOwner", "noPrivileges", "skipRoles", "leaveOut"] as const;
  const { skipExtensions = [], tablespaces } = options;
  const words = [
    ...names.filter((name) => options[name]),
    ...skipExtensions.toSorted().map((name) => `skipExtensions ${name}`),
    ...(tablespaces === "keep" ? ["tablespaces keep"] : []),
  ];
  return words.join(", ") || "no options";
}

/** @throws ConfigurationError `invalid-options` naming the option, what it got and what is allowed */
export function parseRestoreOptions(input: unknown): RestoreOptions {
  const hint = `Options of a restore are ${Object.keys(restoreOptionsSchema.shape).join(", ")}.`;
  return parseOptions(restoreOptionsSchema, input, hint);
}

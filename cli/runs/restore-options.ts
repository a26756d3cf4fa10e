/**
 * What an operator may choose about a restore, the same with the stack and without it.
 * @module
 */
import { type Command, Option } from "commander";
import type { RestoreOptions } from "../../core/restore/options.ts";
import { UsageError } from "../errors.ts";
import { type MappedRoles, withMappedRoles } from "./map-role.ts";

/** As commander reads them; `--no-owner` makes `owner` false. */
export interface RestoreChoices {
  readonly database?: string;
  readonly create?: boolean;
  readonly confirm?: boolean;
  readonly confirmList?: string;
  readonly owner?: boolean;
  readonly privileges?: boolean;
  readonly roles?: boolean;
  readonly mapRole?: MappedRoles;
  readonly compare?: RestoreOptions["compare"];
  readonly schema?: readonly string[];
  readonly table?: readonly string[];
  readonly excludeSchema?: readonly string[];
  readonly excludeTable?: readonly string[];
  readonly schemaOnly?: boolean;
  readonly dataOnly?: boolean;
  readonly intoSchema?: string;
  readonly as?: string;
  readonly plan?: boolean;
  readonly leaveOut?: boolean;
  readonly skipExtension?: readonly string[];
  readonly tablespaces?: RestoreOptions["tablespaces"];
}

export function withRestoreChoices(command: Command): Command {
  return withMappedRoles(command)
    .option("--database <name>", "the database on the target (default: the one of the target's connection)")
    .option("--create", "create the database first")
    .option("--confirm", "replace what is in the database: it is listed, then dropped")
    .option("--confirm-list <id>", "as --confirm, if what is there is still the list of this id")
    .option("--no-owner", "give everything to the connecting role")
    .option("--no-privileges", "leave out GRANT and REVOKE")
    .option("--no-roles", "do not create roles")
    .option("--plan", "say what would be restored otherwise or not at all, and touch nothing")
    .option("--leave-out", "leave out by name what the target cannot take, instead of refusing")
    .option("--skip-extension <name>", "do not make this extension; may be repeated", several)
    .addOption(
      new Option("--tablespaces <where>", "the database's default one for everything, or those of the same names")
        .choices(["default", "keep"])
        .default(undefined, "default"),
    )
    .option("--schema <pattern>", "only this schema and what it needs; may be repeated", several)
    .option("--table <pattern>", "only this table, schema.name, and what it needs; may be repeated", several)
    .option("--exclude-schema <pattern>", "all but this schema; may be repeated", several)
    .option("--exclude-table <pattern>", "all but this table; may be repeated", several)
    .option("--schema-only", "definitions, and no row")
    .option("--data-only", "rows, into tables that are there and empty")
    .option(
      "--into-schema <name>",
      "the tables into this schema of a database in use, of which nothing else is touched",
    )
    .option("--as <name>", "one table into a database in use, under this name")
    .addOption(
      new Option("--compare <level>", "what has to agree before the restore counts as done (default: counts)").choices([
        "off",
        "counts",
        "rows",
      ]),
    );
}

function several(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Only what was chosen; the engine's own defaults stand for the rest. */
export function restoreOptionsOf(choices: RestoreChoices): Partial<RestoreOptions> {
  const { database, create, confirm, confirmList, owner, privileges, roles, mapRole, compare } = choices;
  return {
    ...(database === undefined ? {} : { database }),
    ...(create === true ? { create } : {}),
    ...(confirm === true ? { confirm } : {}),
    ...(confirmList === undefined ? {} : { confirm: confirmList }),
    ...(owner === false ? { noOwner: true } : {}),
    ...(privileges === false ? { noPrivileges: true } : {}),
    ...(roles === false ? { skipRoles: true } : {}),
    ...(mapRole === undefined ? {} : { roles: mapRole }),
    ...(compare === undefined ? {} : { compare }),
    ...partsOf(choices),
    ...plannedOf(choices),
  };
}

function plannedOf({ plan, leaveOut, skipExtension, tablespaces }: RestoreChoices) {
  return {
    ...(plan === true ? { plan } : {}),
    ...(leaveOut === true ? { leaveOut } : {}),
    ...(skipExtension === undefined ? {} : { skipExtensions: [...skipExtension] }),
    ...(tablespaces === undefined ? {} : { tablespaces }),
  };
}

function partsOf({ schema, table, excludeSchema, excludeTable, schemaOnly, dataOnly, intoSchema, as }: RestoreChoices) {
  return {
    ...(schema === undefined ? {} : { schemas: [...schema] }),
    ...(table === undefined ? {} : { tables: [...table] }),
    ...(excludeSchema === undefined ? {} : { excludeSchemas: [...excludeSchema] }),
    ...(excludeTable === undefined ? {} : { excludeTables: [...excludeTable] }),
    ...(schemaOnly === true ? { schemaOnly } : {}),
    ...(dataOnly === true ? { dataOnly } : {}),
    ...(intoSchema === undefined ? {} : { intoSchema }),
    ...(as === undefined ? {} : { as }),
  };
}

/** @throws UsageError `missing-option` */
export function needed(option: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new UsageError("missing-option", `${option} is missing`, "`holdfast restore --help` has examples.");
}

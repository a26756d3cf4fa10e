/**
 * What an operator may choose about a restore, the same with the stack and without it.
 * @module
 */
import { type Command, Option } from "commander";
import type { RestoreOptions } from "../../core/restore/options.ts";
import { UsageError } from "../errors.ts";
import { type MappedRoles, withMappedRoles } from "./map-role.ts";
import { type PartChoices, partOptionsOf, several, withPartChoices } from "./parts.ts";

/** As commander reads them; `--no-owner` makes `owner` false. */
export interface RestoreChoices extends PartChoices {
  readonly database?: string;
  readonly create?: boolean;
  readonly confirm?: boolean;
  readonly confirmList?: string;
  readonly owner?: boolean;
  readonly privileges?: boolean;
  readonly roles?: boolean;
  readonly mapRole?: MappedRoles;
  readonly compare?: RestoreOptions["compare"];
  readonly plan?: boolean;
  readonly leaveOut?: boolean;
  readonly skipExtension?: readonly string[];
  readonly tablespaces?: RestoreOptions["tablespaces"];
}

export function withRestoreChoices(command: Command): Command {
  return withPartChoices(withMappedRoles(command))
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
    .addOption(
      new Option("--compare <level>", "what has to agree before the restore counts as done (default: counts)").choices([
        "off",
        "counts",
        "rows",
      ]),
    );
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
    ...partOptionsOf(choices),
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

/** What a restore leaves that has not come to its end; of a database whose name is known, with that. */
export function describeLeftBehind(options: Partial<RestoreOptions>, name?: string): string {
  const goesOn = "the same command goes on where this one stopped";
  const { create, dataOnly, intoSchema, as } = options;
  if (dataOnly === true || intoSchema !== undefined || as !== undefined) {
    return `parts in ${name === undefined ? "a database" : `database ${name}`} in use, which are not complete: ${goesOn}; to give them up see docs/OPERATIONS.md`;
  }
  const made = create === true ? "; it was made by this restore, and may as well be dropped" : "";
  return `${name === undefined ? "a database that" : `database ${name}, which`} is not complete: ${goesOn}${made}`;
}

/** @throws UsageError `missing-option` */
export function needed(option: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new UsageError("missing-option", `${option} is missing`, "`holdfast restore --help` has examples.");
}

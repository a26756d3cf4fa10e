/**
 * What an operator may choose about a restore, the same with the stack and without it.
 * @module
 */
import { type Command, Option } from "commander";
import type { RestoreOptions } from "../../core/restore/options.ts";
import { UsageError } from "../errors.ts";

/** As commander reads them; `--no-owner` makes `owner` false. */
export interface RestoreChoices {
  readonly database?: string;
  readonly create?: boolean;
  readonly confirm?: boolean;
  readonly confirmList?: string;
  readonly owner?: boolean;
  readonly privileges?: boolean;
  readonly roles?: boolean;
  readonly compare?: RestoreOptions["compare"];
}

export function withRestoreChoices(command: Command): Command {
  return command
    .option("--database <name>", "the database on the target (default: the one of the target's connection)")
    .option("--create", "create the database first")
    .option("--confirm", "replace what is in the database: it is listed, then dropped")
    .option("--confirm-list <id>", "as --confirm, if what is there is still the list of this id")
    .option("--no-owner", "give everything to the connecting role")
    .option("--no-privileges", "leave out GRANT and REVOKE")
    .option("--no-roles", "do not create roles")
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
  const { database, create, confirm, confirmList, owner, privileges, roles, compare } = choices;
  return {
    ...(database === undefined ? {} : { database }),
    ...(create === true ? { create } : {}),
    ...(confirm === true ? { confirm } : {}),
    ...(confirmList === undefined ? {} : { confirm: confirmList }),
    ...(owner === false ? { noOwner: true } : {}),
    ...(privileges === false ? { noPrivileges: true } : {}),
    ...(roles === false ? { skipRoles: true } : {}),
    ...(compare === undefined ? {} : { compare }),
  };
}

/** @throws UsageError `missing-option` */
export function needed(option: string, value: string | undefined): string {
  if (value !== undefined) return value;
  throw new UsageError("missing-option", `${option} is missing`, "`holdfast restore --help` has examples.");
}

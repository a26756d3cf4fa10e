/**
 * `--map-role old=new`, as often as roles are to be named otherwise.
 * @module
 */
import { type Command, InvalidArgumentError } from "commander";

export type MappedRoles = Readonly<Record<string, string>>;

export function withMappedRoles(command: Command): Command {
  return command.option(
    "--map-role <old=new>",
    "restore what belongs or is granted to one role for another; may be given again",
    addMappedRole,
  );
}

/** What stands before the first `=` is the restore point's name of it. Of two for one role there is none that is meant. */
function addMappedRole(written: string, before: MappedRoles = {}): MappedRoles {
  const split = written.indexOf("=");
  const [old, name] = [written.slice(0, split), written.slice(split + 1)];
  if (split < 1 || name === "") throw new InvalidArgumentError("allowed is old=new, two names of roles.");
  if (Object.hasOwn(before, old)) throw new InvalidArgumentError(`role ${old} is mapped twice.`);
  return { ...before, [old]: name };
}

/**
 * The question before anything is dropped: all that would be, and then whether it may.
 * @module
 */
import { printable } from "../../core/text.ts";
import type { Session } from "../session.ts";

export interface InTheWay {
  /** As the operator knows it: `database shop on target staging`. */
  readonly where: string;
  /** `table public.a` */
  readonly names: readonly string[];
}

/** What has to be typed: not a letter that is typed by habit. */
const AGREED = "drop";
/** More fills the screen several times over; the run and its report have them all. */
const SHOWN = 200;

/** @returns false also where there is nobody to be asked: no terminal, or `--json` */
export async function agreeToDrop(session: Session, { where, names }: InTheWay, isJson: boolean): Promise<boolean> {
  const { world, progress } = session;
  if (isJson || world.ask === undefined) return false;
  progress.end();
  world.stderr.write(`${describeInTheWay({ where, names })}\n`);
  const answer = await world.ask(`Drop all of this, then restore? Type "${AGREED}" to do so: `);
  return answer.trim() === AGREED;
}

/** One line for each object, as far as a person reads on. */
export function describeInTheWay({ where, names }: InTheWay): string {
  const left = names.length - SHOWN;
  return [
    printable(`${where} is not empty:`),
    ...names.slice(0, SHOWN).map((name) => `  ${printable(name)}`),
    ...(left > 0 ? [`  and ${left} more`] : []),
  ].join("\n");
}

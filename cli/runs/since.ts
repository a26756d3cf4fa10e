/** `--since 12h`, as a moment. @module */
import { UsageError } from "../errors.ts";
import { parseDuration } from "../output/units.ts";
import type { Session } from "../session.ts";

/** @throws UsageError `invalid-since` */
export function readSince(text: string | undefined, { world }: Session): Date | undefined {
  if (text === undefined) return undefined;
  const millis = parseDuration(text);
  if (millis !== undefined) return new Date(world.clock().getTime() - millis);
  throw new UsageError("invalid-since", `--since is ${JSON.stringify(text)}, allowed is a number with s, m, h or d`);
}

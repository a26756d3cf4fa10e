/**
 * The `options` of a run's input: closed objects, so that what is misspelt is refused and not passed over.
 * @module
 */
import type { z } from "zod";
import { ConfigurationError } from "../errors.ts";
import { printable } from "../text.ts";

/** Whoever starts a run may send anything; people read the first of it. */
const MOST_ISSUES = 10;
const LONGEST_ISSUE = 200;

/** Which fields are wrong and why, in one line: names of fields are the sender's. */
export function describeIssues({ issues }: z.ZodError, whole: string): string {
  const described = issues
    .slice(0, MOST_ISSUES)
    .map(({ path, message }) => `${path.join(".") || whole}: ${message.toLowerCase()}`)
    .map((text) => printable(text.length > LONGEST_ISSUE ? `${text.slice(0, LONGEST_ISSUE)}…` : text));
  const more = issues.length > described.length ? [`and ${issues.length - described.length} more`] : [];
  return [...described, ...more].join("; ");
}

/** @throws ConfigurationError `invalid-options` naming the fields */
export function parseOptions<Output>(schema: z.ZodType<Output>, options: unknown, hint: string): Output {
  const result = schema.safeParse(options ?? {});
  if (result.success) return result.data;
  throw new ConfigurationError("invalid-options", describeIssues(result.error, "options"), { hint });
}

/**
 * From anything to a whole configuration, or to one error that names every field at fault.
 * @module
 */
import type { z } from "zod";
import { ConfigurationError } from "../errors.ts";
import { configSchema, type HoldfastConfig, type HoldfastConfigInput } from "./schema.ts";

/** Checks and completes a configuration; an editor completes its fields.
 *  @throws ConfigurationError `invalid-config`, one line per field: where, what it got, what is allowed. */
export function defineConfig(input: HoldfastConfigInput): HoldfastConfig {
  return parseConfig(input);
}

/** As `defineConfig`, of unknown origin such as a JSON file.
 *  @throws ConfigurationError `invalid-config` */
export function parseConfig(input: unknown): HoldfastConfig {
  const result = configSchema.safeParse(input);
  if (result.success) return result.data;
  const lines = result.error.issues.flatMap((issue) => describe(issue, input));
  throw new ConfigurationError("invalid-config", lines.join("\n"), {
    hint: "Correct the fields named in your holdfast.config.ts (or the file HOLDFAST_CONFIG names).",
  });
}

function describe(issue: z.core.$ZodIssue, input: unknown): string[] {
  if (issue.code === "unrecognized_keys") {
    return issue.keys.map((key) => `${where([...issue.path, key])} is not a field, ${issue.message}`);
  }
  if (issue.code === "invalid_key") {
    const allowed = issue.issues[0]?.message ?? issue.message;
    return [`${where(issue.path)} has the id ${JSON.stringify(issue.path.at(-1))}, ${allowed}`];
  }
  if (issue.code === "invalid_union" && issue.errors.length > 0) {
    const deeper = issue.errors.find((branch) => branch.length > 0 && branch[0]?.code === "unrecognized_keys");
    if (deeper !== undefined)
      return deeper.flatMap((inner) => describe({ ...inner, path: [...issue.path, ...inner.path] }, input));
  }
  return [`${where(issue.path)} is ${got(at(input, issue.path))}, ${issue.message}`];
}

function where(path: readonly PropertyKey[]): string {
  return path.length === 0 ? "the configuration" : path.map(String).join(".");
}

function at(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
}

/** Short enough to read, and never a URL: somebody will put a connection string, password and all, where a name belongs. */
function got(value: unknown): string {
  if (value === undefined) return "missing";
  if (typeof value === "string" && value.includes("://")) return "a URL";
  const text = JSON.stringify(value) ?? String(value);
  return text.length <= 80 ? text : `${text.slice(0, 77)}…`;
}

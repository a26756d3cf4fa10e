/**
 * Kinds of fields, each with the sentence that says what is allowed, derived from the same numbers as the check.
 * @module
 */
import { z } from "zod";
import { NAME_PATTERN } from "../ids.ts";

/** A whole number within bounds, unit in the field's name. */
export function wholeNumber(least: number, most: number) {
  const allowed = `allowed is a whole number from ${least} to ${most}`;
  return z.int({ error: allowed }).min(least, { error: allowed }).max(most, { error: allowed });
}

export function oneOf<const Values extends readonly [string, ...string[]]>(values: Values) {
  return z.enum(values, { error: `allowed is ${values.join(", ")}` });
}

export function matching(pattern: RegExp, meaning: string) {
  const allowed = `allowed is ${meaning}`;
  return z.string({ error: allowed }).regex(pattern, { error: allowed });
}

export function yesOrNo() {
  return z.boolean({ error: "allowed is true or false" });
}

/** Ids of sources, targets, networks and schedules: they become part of keys and names. */
export const idField = matching(NAME_PATTERN, `an id like ${NAME_PATTERN.source}`);

export const titleField = z
  .string({ error: "allowed is a text" })
  .min(1, { error: "allowed is a text that is not empty" });

/** Last part of a secret's name; Secrets Manager allows more, this is enough and keeps URLs with passwords out. */
export const connectionField = matching(
  /^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$/,
  "the name of a connection (letters, digits, dot, dash, underscore), stored by `holdfast connect`",
);

/** For a connection whose secret says `"auth": "iam"`: the only database user its workers may connect to by token. */
export const iamField = () =>
  fields({
    resourceId: matching(
      /^(db|cluster|prx)-[A-Za-z0-9]{1,63}$/,
      "the resource id of an instance (db-…), an Aurora cluster (cluster-…) or a proxy (prx-…)",
    ),
    user: matching(/^[A-Za-z0-9_.@+=-]{1,63}$/, "the name of a database user"),
  }).optional();

/** A closed object: a misspelt field is an error, not a silent default. */
export function fields<Shape extends z.ZodRawShape>(shape: Shape) {
  const names = Object.keys(shape).sort().join(", ");
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? `allowed are ${names}` : `allowed is an object with ${names}`,
  });
}

export function byId<Value extends z.ZodType>(value: Value) {
  return z.record(idField, value, { error: "allowed is an object keyed by id" });
}

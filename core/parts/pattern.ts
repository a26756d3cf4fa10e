/**
 * Names of schemas and tables as an operator writes them: `app`, `app.film`, `*.audit_*`, `"Odd.Schema"."a ""b"""`.
 *
 * A name stands for itself, exactly: upper and lower case differ, as they do in the catalogs, and nothing is folded. `*` stands
 * for any characters, or none. In double quotes every character stands for itself, a doubled quote for one. A table is named
 * with its schema.
 * @module
 */
import { z } from "zod";

/** Texts that have to be met, with `null` between for any characters. */
export type NamePattern = readonly (string | null)[];

export interface TablePattern {
  readonly schema: NamePattern;
  readonly name: NamePattern;
}

/** What is written outside quotes: anything but what has a meaning here. */
const PLAIN = /[^*."\s]+/y;
const QUOTED = /"((?:[^"]|"")+)"/y;

/** One pattern of a name for each part between dots; undefined where a quote is left open, a part empty or a space not in quotes. */
function readParts(text: string): NamePattern[] | undefined {
  const parts: (string | null)[][] = [[]];
  for (let at = 0; at < text.length; ) {
    const part = parts.at(-1);
    if (text[at] === ".") {
      parts.push([]);
      at += 1;
    } else if (text[at] === "*") {
      if (part?.at(-1) !== null || part.length === 0) part?.push(null);
      at += 1;
    } else {
      const pattern = text[at] === '"' ? QUOTED : PLAIN;
      pattern.lastIndex = at;
      const [found, quoted] = pattern.exec(text) ?? [];
      if (found === undefined) return undefined;
      part?.push(quoted === undefined ? found : quoted.replaceAll('""', '"'));
      at += found.length;
    }
  }
  return parts.every((part) => part.length > 0) ? parts : undefined;
}

/** Undefined where the text is no pattern. */
function readSchemaPattern(text: string): NamePattern | undefined {
  const parts = readParts(text);
  return parts?.length === 1 ? parts[0] : undefined;
}

function readTablePattern(text: string): TablePattern | undefined {
  const [schema, name, ...more] = readParts(text) ?? [];
  return schema === undefined || name === undefined || more.length > 0 ? undefined : { schema, name };
}

/** The pattern of a text that was checked to be one. */
export function schemaPattern(text: string): NamePattern {
  return readSchemaPattern(text) ?? [text];
}

export function tablePattern(text: string): TablePattern {
  return readTablePattern(text) ?? { schema: [], name: [text] };
}

/** The pattern of one table, whatever it is called. */
export function exactPattern({ schema, name }: { readonly schema: string; readonly name: string }): string {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  return `${quoted(schema)}.${quoted(name)}`;
}

/** Whether only one name is meant. */
export function isExact(pattern: NamePattern): boolean {
  return !pattern.includes(null);
}

export function matchesName(pattern: NamePattern, name: string): boolean {
  const [first, ...rest] = pieces(pattern);
  if (first === undefined || !name.startsWith(first)) return false;
  let at = first.length;
  const last = rest.pop();
  if (last === undefined) return at === name.length;
  for (const piece of rest) {
    const found = name.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return name.length - last.length >= at && name.endsWith(last);
}

/** The texts between the stars. */
function pieces(pattern: NamePattern): string[] {
  const texts = [""];
  for (const part of pattern) {
    if (part === null) texts.push("");
    else texts.push(`${texts.pop() ?? ""}${part}`);
  }
  return texts;
}

/** The same as a regular expression of PostgreSQL's, of names in an encoding that has letters. */
export function nameRegex(pattern: NamePattern): string {
  const literal = (text: string): string => text.replaceAll(/[^\p{L}\p{N}_]/gu, (character) => `\\${character}`);
  return `^(?:${pattern.map((part) => (part === null ? ".*" : literal(part))).join("")})$`;
}

const LONGEST_PATTERN = 300;
const MOST_PATTERNS = 200;

const patternField = (isPattern: (text: string) => boolean, allowed: string) =>
  z
    .string({ error: allowed })
    .max(LONGEST_PATTERN, { error: `allowed are at most ${LONGEST_PATTERN} characters` })
    .refine(isPattern, { error: allowed });

const list = (field: ReturnType<typeof patternField>) =>
  z.array(field, { error: "allowed is a list" }).max(MOST_PATTERNS, { error: `allowed are at most ${MOST_PATTERNS}` });

/** `app`, `app_*`, `"Odd.Schema"` */
export const schemaPatternsField = list(
  patternField(
    (text) => readSchemaPattern(text) !== undefined,
    'allowed is the name of a schema, with * for any characters and "…" around what has other than letters, e.g. app_*',
  ),
);

/** `app.film`, `*.audit_*` */
export const tablePatternsField = list(
  patternField(
    (text) => readTablePattern(text) !== undefined,
    'allowed is schema.table, with * for any characters and "…" around what has other than letters, e.g. public.film or *.audit_*',
  ),
);

/**
 * Which of a database's relations are meant by an operator's patterns.
 * @module
 */
import { exactPattern, matchesName, schemaPattern, tablePattern } from "./pattern.ts";

/** Patterns; nothing to include means everything. */
export interface Choice {
  readonly schemas: readonly string[];
  readonly tables: readonly string[];
  readonly excludeSchemas: readonly string[];
  readonly excludeTables: readonly string[];
}

export const NOTHING_CHOSEN: Choice = { schemas: [], tables: [], excludeSchemas: [], excludeTables: [] };

export interface Named {
  readonly schema: string;
  readonly name: string;
}

/** Whether only what is named is meant, and nothing else. */
export function isNarrow({ schemas, tables }: Pick<Choice, "schemas" | "tables">): boolean {
  return schemas.length > 0 || tables.length > 0;
}

export function matchesSchema(patterns: readonly string[], schema: string): boolean {
  return patterns.some((text) => matchesName(schemaPattern(text), schema));
}

export function matchesTable(patterns: readonly string[], { schema, name }: Named): boolean {
  return patterns.map(tablePattern).some((p) => matchesName(p.schema, schema) && matchesName(p.name, name));
}

export function isIncluded(choice: Choice, relation: Named): boolean {
  if (!isNarrow(choice)) return true;
  return matchesSchema(choice.schemas, relation.schema) || matchesTable(choice.tables, relation);
}

export function isExcluded({ excludeSchemas, excludeTables }: Choice, relation: Named): boolean {
  return matchesSchema(excludeSchemas, relation.schema) || matchesTable(excludeTables, relation);
}

/** Patterns that mean nothing that is there, each in words: a misspelt one would leave out, or bring along, in silence. */
export function unmatched(choice: Choice, schemas: readonly string[], relations: readonly Named[]): string[] {
  const ofSchemas = (patterns: readonly string[]): string[] =>
    patterns
      .filter((pattern) => !schemas.some((schema) => matchesSchema([pattern], schema)))
      .map((text) => `schema ${text}`);
  const ofTables = (patterns: readonly string[]): string[] =>
    patterns
      .filter((pattern) => !relations.some((relation) => matchesTable([pattern], relation)))
      .map((text) => `table ${text}`);
  return [
    ...ofSchemas(choice.schemas),
    ...ofTables(choice.tables),
    ...ofSchemas(choice.excludeSchemas),
    ...ofTables(choice.excludeTables),
  ];
}

/** Names of one kind that look alike, for hints: the same but for case, or with a part in common. */
export function similarTo(pattern: string, relations: readonly Named[]): string[] {
  const wanted = (pattern.split(".").at(-1) ?? "").replaceAll(/["*]/g, "").toLowerCase();
  if (wanted === "") return [];
  return relations
    .filter(({ name }) => name.toLowerCase() === wanted || name.toLowerCase().startsWith(wanted.slice(0, 3)))
    .slice(0, 3)
    .map(exactPattern);
}

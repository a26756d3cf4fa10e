/**
 * Which parts of a restore point are meant, and under which names they come.
 * @module
 */
import type { Command } from "commander";

/** As commander reads them. */
export interface PartChoices {
  readonly schema?: readonly string[];
  readonly table?: readonly string[];
  readonly excludeSchema?: readonly string[];
  readonly excludeTable?: readonly string[];
  readonly schemaOnly?: boolean;
  readonly dataOnly?: boolean;
  readonly intoSchema?: string;
  readonly as?: string;
}

export function several(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

export function withPartChoices(command: Command): Command {
  return command
    .option("--schema <pattern>", "only this schema and what it needs; may be repeated", several)
    .option("--table <pattern>", "only this table, schema.name, and what it needs; may be repeated", several)
    .option("--exclude-schema <pattern>", "all but this schema; may be repeated", several)
    .option("--exclude-table <pattern>", "all but this table; may be repeated", several)
    .option("--schema-only", "definitions, and no row")
    .option("--data-only", "rows, into tables that are there and empty")
    .option("--into-schema <name>", "tables into this schema of a database in use, of which nothing else is touched")
    .option("--as <name>", "one table into a database in use, under this name");
}

/** Only what was chosen; the engine's own defaults stand for the rest. */
export function partOptionsOf({
  schema,
  table,
  excludeSchema,
  excludeTable,
  schemaOnly,
  dataOnly,
  intoSchema,
  as,
}: PartChoices) {
  return {
    ...(schema === undefined ? {} : { schemas: [...schema] }),
    ...(table === undefined ? {} : { tables: [...table] }),
    ...(excludeSchema === undefined ? {} : { excludeSchemas: [...excludeSchema] }),
    ...(excludeTable === undefined ? {} : { excludeTables: [...excludeTable] }),
    ...(schemaOnly === true ? { schemaOnly } : {}),
    ...(dataOnly === true ? { dataOnly } : {}),
    ...(intoSchema === undefined ? {} : { intoSchema }),
    ...(as === undefined ? {} : { as }),
  };
}

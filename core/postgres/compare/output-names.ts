/**
 * A stored query is not always given back as it was given: `SELECT 'x'` becomes `SELECT 'x'::text`, and that, made again,
 * `SELECT 'x'::text AS text`, where nobody sees the name: in a function's body, and in a UNION within a view. The name is the one
 * that the server chooses by itself, of the type that is cast to.
 * @module
 */

const CHOSEN: Readonly<Record<string, string>> = {
  bigint: "int8",
  "bit varying": "varbit",
  boolean: "bool",
  character: "bpchar",
  "character varying": "varchar",
  "double precision": "float8",
  integer: "int4",
  real: "float4",
  smallint: "int2",
  "time with time zone": "timetz",
  "time without time zone": "time",
  "timestamp with time zone": "timestamptz",
  "timestamp without time zone": "timestamp",
};
const LONGEST_TYPE_FIRST = Object.keys(CHOSEN).toSorted((a, b) => b.length - a.length);
const NAME = '(?:"(?:[^"]|"")*"|[a-z_][a-z0-9_$]*)';
/** Literals are passed over: what stands in them is content. */
const NAMED = new RegExp(
  `'(?:[^']|'')*'|(::((?:${LONGEST_TYPE_FIRST.join("|")})|(?:${NAME}\\.)?${NAME})(?:\\([0-9, ]+\\))?(?:\\[\\])*) AS (${NAME})`,
  "g",
);

/** The definition without names that say no more than the server would. */
export function withoutChosenNames(definition: string): string {
  return definition.replaceAll(NAMED, (whole, cast?: string, type = "", name = "") => {
    if (cast === undefined) return whole;
    const last = CHOSEN[type] ?? type.slice(type.lastIndexOf(".") + 1);
    return name.replaceAll('"', "") === last.replaceAll('"', "") ? cast : whole;
  });
}

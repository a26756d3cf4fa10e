/**
 * Names that PostgreSQL allows and that break whatever builds a statement, a path, a key, a line or an object from them
 * without care, and a database that uses each of them for every kind of object.
 */
import { quoteLiteral as literal, quoteName as name } from "../../core/postgres/sql.ts";

/** PostgreSQL cuts what is longer. */
const LONGEST_BYTES = 63;

export const HOSTILE_NAMES: readonly string[] = [
  'quo"te',
  '"',
  '""',
  "it's",
  "''",
  "back\\slash",
  "\\",
  "sl/ash",
  "..",
  "../../etc",
  "\\.",
  "\\N",
  "new\nline",
  "\n",
  "carriage\rreturn",
  "ta\tb",
  "\u0001\u001b[31mred\u001b[0m\u0007",
  "\u001b]0;title\u0007",
  "\u009b2J",
  "100%s%d%n",
  "%2e%2e",
  "caf\u00e9",
  "cafe\u0301",
  "\u202egnp.exe",
  "\u2066isolated",
  "\u2028line",
  "\u00a0",
  "\u200b",
  "\u{1f4a9}",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "x".repeat(LONGEST_BYTES),
  "\u20ac".repeat(21),
  "--all",
  "-f",
  "-- comment",
  "/* comment",
  "; DROP SCHEMA public CASCADE; --",
  "$$",
  "$1",
  "{% $states.input %}",
  "$states",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: as CloudFormation and Step Functions substitute it
  "${Resolve}",
  "a.b",
  " ",
  "trailing ",
  "null",
  "TABLE",
  "*",
  "A\nRESET SESSION AUTHORIZATION;\nB",
  "A\nB",
  "SCHEMA x",
  "holdfast",
];

/** Cut at a character, as many bytes as PostgreSQL keeps. */
export function withSuffix(text: string, suffix: string): string {
  let kept = text;
  while (Buffer.byteLength(kept + suffix) > LONGEST_BYTES) kept = [...kept].slice(0, -1).join("");
  return kept + suffix;
}

/** One role per name; roles are the whole server's, so those who use it at once need suffixes of their own. */
export const hostileRoles = (suffix: string): string[] => HOSTILE_NAMES.map((text) => withSuffix(text, suffix));

/** Statements that make a database with every name as every kind of object; roles have to be there. */
export function hostileObjects(suffix: string, database: string): string[] {
  const roles = hostileRoles(suffix);
  /** The `by`-th name after this one: objects of one kind have names of their own in each schema. */
  const other = (index: number, by: number): string => HOSTILE_NAMES[(index + by) % HOSTILE_NAMES.length] ?? "";
  const each = HOSTILE_NAMES.flatMap((schema, index) => {
    const inSchema = (by: number): string => `${name(schema)}.${name(other(index, by))}`;
    const table = inSchema(0);
    const column = name(other(index, 1));
    const role = name(roles[index] ?? "");
    const text = literal(schema);
    return [
      `CREATE SCHEMA ${name(schema)}`,
      `CREATE TYPE ${inSchema(1)} AS ENUM (${text}, 'ok')`,
      `CREATE DOMAIN ${inSchema(2)} AS text CONSTRAINT ${name(other(index, 3))} CHECK (VALUE <> ${literal(`not ${schema}`)})`,
      `CREATE TABLE ${table} (id int GENERATED ALWAYS AS IDENTITY, ${column} text DEFAULT ${text}, kind ${inSchema(1)} DEFAULT 'ok',
        checked ${inSchema(2)}, CONSTRAINT ${name(other(index, 3))} PRIMARY KEY (id),
        CONSTRAINT ${name(other(index, 4))} CHECK (${column} <> ${literal(`not ${schema}`)}))`,
      `CREATE INDEX ${name(other(index, 5))} ON ${table} (${column})`,
      `CREATE SEQUENCE ${inSchema(6)}`,
      `SELECT setval(${literal(inSchema(6))}, ${index + 1})`,
      `CREATE FUNCTION ${inSchema(7)}(${column} text) RETURNS text LANGUAGE sql AS ${literal(`SELECT ${text}`)}`,
      `CREATE VIEW ${inSchema(8)} AS SELECT ${column} FROM ${table}`,
      `CREATE MATERIALIZED VIEW ${inSchema(9)} AS SELECT ${column} AS ${name(other(index, 2))} FROM ${table}`,
      `CREATE TABLE ${inSchema(10)} (${column} text, owner_id int CONSTRAINT ${name(other(index, 6))} REFERENCES ${table}) PARTITION BY LIST (${column})`,
      `CREATE TABLE ${inSchema(11)} PARTITION OF ${inSchema(10)} FOR VALUES IN (${text})`,
      `CREATE POLICY ${name(other(index, 7))} ON ${table} FOR SELECT TO ${role} USING (${column} = ${text})`,
      `CREATE STATISTICS ${inSchema(12)} ON id, ${column} FROM ${table}`,
      `CREATE PUBLICATION ${name(schema)} FOR TABLE ${table}`,
      `INSERT INTO ${table} (${column}, kind) SELECT unnest(ARRAY[${HOSTILE_NAMES.map(literal).join(", ")}]), ${text}`,
      `INSERT INTO ${inSchema(10)} VALUES (${text}, 1)`,
      `REFRESH MATERIALIZED VIEW ${inSchema(9)}`,
      `COMMENT ON TABLE ${table} IS ${text}`,
      `COMMENT ON COLUMN ${table}.${column} IS ${text}`,
      `COMMENT ON SCHEMA ${name(schema)} IS ${text}`,
      `GRANT USAGE, CREATE ON SCHEMA ${name(schema)} TO ${role}`,
      `GRANT SELECT (${column}) ON ${table} TO ${role}`,
      `GRANT SELECT ON ${table} TO ${role} WITH GRANT OPTION`,
      `SET ROLE ${role}`,
      `GRANT SELECT ON ${table} TO ${name(roles[(index + 1) % roles.length] ?? "")}`,
      "RESET ROLE",
      `ALTER VIEW ${inSchema(8)} OWNER TO ${role}`,
      `ALTER DATABASE ${name(database)} SET "holdfast.n${index}" TO ${text}`,
      `ALTER ROLE ${role} IN DATABASE ${name(database)} SET "holdfast.role" TO ${text}`,
      `SELECT lo_from_bytea(${index + 100_000}, convert_to(${text}, 'UTF8'))`,
      `COMMENT ON LARGE OBJECT ${index + 100_000} IS ${text}`,
    ];
  });
  const columns = HOSTILE_NAMES.map((column) => `${name(column)} text DEFAULT ${literal(column)}`);
  return [
    `CREATE TABLE public.wide (${columns.join(", ")})`,
    "INSERT INTO public.wide DEFAULT VALUES",
    ...each,
    `ALTER DATABASE ${name(database)} SET search_path TO ${HOSTILE_NAMES.slice(0, 8).map(literal).join(", ")}`,
    `COMMENT ON DATABASE ${name(database)} IS ${literal(HOSTILE_NAMES.join(""))}`,
  ];
}

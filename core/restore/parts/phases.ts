/**
 * What a restore beside a database's own tables does besides the archive's statements.
 * @module
 */
import type { RestoreEntry, RestorePhases } from "../../postgres/ddl/index.ts";
import { qualifiedName, quoteLiteral, quoteName } from "../../postgres/sql.ts";
import type { BroughtBack } from "./bring-back.ts";

/** Above every dump id: those are 31 bits, given from 1 on. */
const FIRST_ID = 2_100_000_000;

/**
 * Schemas are made where they are missing. Before the first row comes, nobody else can read what is made: what the database's
 * default privileges grant on it is taken back, without privileges too, and row security is on. The restore point's own
 * privileges come last.
 */
export function besidePhases(phases: RestorePhases, { schemas, granted }: BroughtBack): RestorePhases {
  const make = schemas.map((name, at) => own(FIRST_ID + at, "SCHEMA", name, makeSchema(name)));
  const first = FIRST_ID + schemas.length;
  // What the plan leaves out is not there to be asked about.
  const made = new Set(phases.preData.map(({ schema = "", name }) => qualifiedName({ schema, name })));
  const take = granted.flatMap((name, at) =>
    made.has(name) ? [own(first + at, "ACL", `TABLE ${name}`, revokeAll(name))] : [],
  );
  return {
    ...phases,
    preData: [...make, ...phases.preData, ...take, ...phases.rest.filter(isRowSecurity)],
    rest: phases.rest.filter((entry) => !isRowSecurity(entry)),
  };
}

const isRowSecurity = ({ desc }: RestoreEntry): boolean => desc === "ROW SECURITY";

function own(dumpId: number, desc: string, name: string, body: string): RestoreEntry {
  const statements = [`DO ${quoteLiteral(body)}`];
  const nothing = { schema: undefined, owner: undefined, table: undefined };
  return { dumpId, desc, name, statements, ...nothing, dependencies: [], functions: [], isOptional: false };
}

/** CREATE SCHEMA IF NOT EXISTS asks for the right to create one also where there is nothing to create. */
function makeSchema(name: string): string {
  const id = quoteName(name);
  return `BEGIN IF pg_catalog.to_regnamespace(${quoteLiteral(id)}) IS NULL THEN CREATE SCHEMA ${id}; END IF; END`;
}

function revokeAll(relation: string): string {
  const statement = quoteLiteral(`REVOKE ALL ON TABLE ${relation.replaceAll("%", "%%")} FROM %s`);
  return `DECLARE grantee text; BEGIN
    FOR grantee IN SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END
      FROM pg_catalog.pg_class c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) a
     WHERE c.oid = ${quoteLiteral(relation)}::pg_catalog.regclass AND a.grantee <> c.relowner
    LOOP EXECUTE pg_catalog.format(${statement}, grantee); END LOOP; END`;
}

/**
 * Giving objects to their owners without being a superuser: PostgreSQL asks that the new owner may create in the schema,
 * which it need not in the source and cannot yet in the target, where privileges come last. So it is allowed for a while.
 * @module
 */
import type { RestoreEntry } from "../ddl/index.ts";
import type { Session } from "../session.ts";
import { quoteName } from "../sql.ts";
import type { Step } from "./steps.ts";

/** Owner of `public` where the archive does not say another. */
const DEFAULT_OWNER = "pg_database_owner";

export interface OwnershipSteps {
  /** By the dump id of the entry before which each is to be run. */
  readonly before: ReadonlyMap<number, Step>;
  /** To be run when everything has its owner, before privileges. */
  readonly after: readonly Step[];
}

/** None for a superuser, nor where owners were left out. */
export async function ownershipSteps(session: Session, entries: readonly RestoreEntry[]): Promise<OwnershipSteps> {
  const [role] = await session.query<{ super: boolean }>(
    "SELECT rolsuper AS super FROM pg_catalog.pg_roles WHERE rolname = current_user",
  );
  const before = new Map<number, Step>();
  const after: Step[] = [];
  if (role?.super === true) return { before, after };
  const schemaOwners = new Map(entries.filter(({ desc }) => desc === "SCHEMA").map(({ name, owner }) => [name, owner]));
  const allowed = new Set<string>();
  for (const { dumpId, schema, owner, statements } of entries) {
    if (schema === undefined || owner === undefined || owner === (schemaOwners.get(schema) ?? DEFAULT_OWNER)) continue;
    if (!statements.some((statement) => /^ALTER .* OWNER TO /s.test(statement))) continue;
    const pair = `${quoteName(schema)}/${quoteName(owner)}`;
    if (allowed.has(pair)) continue;
    allowed.add(pair);
    const on = `CREATE ON SCHEMA ${quoteName(schema)}`;
    const what = `right of ${owner} to create in schema ${schema}`;
    before.set(dumpId, { name: `allow/${pair}`, what, statements: [`GRANT ${on} TO ${quoteName(owner)}`] });
    after.push({ name: `disallow/${pair}`, what, statements: [`REVOKE ${on} FROM ${quoteName(owner)}`] });
  }
  return { before, after };
}

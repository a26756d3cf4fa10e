/**
 * Rights of the restoring role over what is of the server or the database and decides over kinds of objects: settings,
 * foreign-data wrappers.
 * @module
 */
import type { Session } from "../session.ts";

export interface ManagedRights {
  /** In lower case. */
  readonly settings: {
    /** Superusers' that were not granted to it. */
    readonly denied: readonly string[];
    /** Those with a dot in the name that the server knows, or that were granted. */
    readonly known: readonly string[];
    /** All that the server shows; absent where nobody has asked. */
    readonly shown?: readonly string[];
  };
  /** Foreign-data wrappers that are there. */
  readonly wrappers: readonly { readonly name: string; readonly canUse: boolean }[];
  /** Extensions that are there and somebody else's. */
  readonly extensionsOfOthers: readonly string[];
  /** Whether it has the rights of who owns the schema `public`. */
  readonly ownsPublic: boolean;
}

/**
 * Of the session's role, in its database. Privileges on settings are of version 15 and later.
 * @param isToBeCreated the session is in another database than is meant: nothing will be there, and all that comes is ours
 */
export async function readManagedRights(session: Session, isToBeCreated = false): Promise<ManagedRights> {
  const hasGrants = session.serverVersion >= 150000;
  const granted = hasGrants ? "pg_catalog.has_parameter_privilege(s.name, 'SET')" : "false";
  const grantedByName = hasGrants
    ? "UNION SELECT parname, false FROM pg_catalog.pg_parameter_acl WHERE pg_catalog.has_parameter_privilege(parname, 'SET')"
    : "";
  const settings = await session.query<{ name: string; isDenied: boolean }>(
    `SELECT pg_catalog.lower(s.name) AS name,
            s.context IN ('superuser', 'superuser-backend') AND NOT ${granted} AS "isDenied"
       FROM pg_catalog.pg_settings s ${grantedByName} ORDER BY 1`,
  );
  const wrappers = await session.query<{ name: string; canUse: boolean }>(
    `SELECT fdwname AS name, pg_catalog.has_foreign_data_wrapper_privilege(oid, 'USAGE') AS "canUse"
       FROM pg_catalog.pg_foreign_data_wrapper ORDER BY 1`,
  );
  const others = await session.query<{ name: string }>(
    "SELECT extname AS name FROM pg_catalog.pg_extension WHERE NOT pg_catalog.pg_has_role(extowner, 'USAGE') ORDER BY 1",
  );
  const denied = settings.filter(({ isDenied }) => isDenied).map(({ name }) => name);
  const known = settings.filter(({ name, isDenied }) => !isDenied && name.includes(".")).map(({ name }) => name);
  const given = { settings: { denied, known, shown: settings.map(({ name }) => name) } };
  // Of a database that is made, public is its owner's, from version 15 on.
  const made = { wrappers: [], extensionsOfOthers: [], ownsPublic: session.serverVersion >= 150000 };
  if (isToBeCreated) return { ...given, ...made };
  const [owned] = await session.query(
    "SELECT FROM pg_catalog.pg_namespace WHERE nspname = 'public' AND pg_catalog.pg_has_role(nspowner, 'USAGE')",
  );
  const extensionsOfOthers = others.map(({ name }) => name);
  return { ...given, wrappers, extensionsOfOthers, ownsPublic: owned !== undefined };
}

/**
 * Providers of managed PostgreSQL as data: how their servers are told, what of a database is their platform's, and what their
 * administrators may do although they are no superusers.
 * @module
 */
import type { Session } from "../session.ts";
import { aurora } from "./aurora.ts";
import { azure } from "./azure.ts";
import { cloudSql } from "./cloud-sql.ts";
import { neon } from "./neon.ts";
import { rds } from "./rds.ts";
import { supabase } from "./supabase.ts";
import type { Ability, Provider } from "./types.ts";

export type { Provider } from "./types.ts";

/** The first that is told counts: Aurora before RDS, whose roles it has. */
const PROVIDERS: readonly Provider[] = [aurora, rds, supabase, neon, cloudSql, azure];

/**
 * Regular expressions over the names of all providers' own roles: what these own is the platform's, whatever it is called. Told by
 * owner, not by name: a user's own schema may be called `auth`.
 */
export const PROVIDER_OWNERS: readonly string[] = [...new Set(PROVIDERS.flatMap(({ roles }) => roles))];

const OWNERS = PROVIDER_OWNERS.map((pattern) => new RegExp(pattern));

/** Whether a role of that name is a provider's own. */
export function isProviderRole(name: string): boolean {
  return OWNERS.some((pattern) => pattern.test(name));
}

/** By its id; undefined of none. */
export function providerOf(id: string | undefined): Provider | undefined {
  return PROVIDERS.find((provider) => provider.id === id);
}

/** Whose server it is, told by its roles and functions; undefined on nobody's. */
export async function tellProvider(session: Session): Promise<Provider | undefined> {
  const roles = PROVIDERS.flatMap(({ told }) => told.roles);
  const functions = PROVIDERS.flatMap(({ told }) => told.functions ?? []);
  const rows = await session.query<{ name: string }>(
    `SELECT rolname AS name FROM pg_catalog.pg_roles WHERE rolname = ANY ($1)
     UNION ALL SELECT proname || '()' FROM pg_catalog.pg_proc
      WHERE proname = ANY ($2) AND pronamespace = 'pg_catalog'::pg_catalog.regnamespace`,
    [roles, functions],
  );
  const found = new Set(rows.map(({ name }) => name));
  return PROVIDERS.find(
    ({ told }) =>
      told.roles.every((role) => found.has(role)) && (told.functions ?? []).every((f) => found.has(`${f}()`)),
  );
}

/** The restoring role on its server, as far as a provider's rules ask. */
interface Restoring {
  readonly provider?: string;
  readonly role: { readonly name: string };
  readonly roles: readonly { readonly name: string; readonly isInherited: boolean }[];
}

/** Whether it is one of the provider's administrators who may do this. */
export function administers(restoring: Restoring, ability: Ability): boolean {
  const provider = administered(restoring);
  return provider?.abilities.includes(ability) === true;
}

/** Whether it is one of the provider's administrators who may give this setting of superusers. */
export function administersSetting(restoring: Restoring, setting: string): boolean {
  const patterns = administered(restoring)?.settings ?? [];
  return patterns.some((one) => (one.endsWith(".*") ? setting.startsWith(one.slice(0, -1)) : one === setting));
}

function administered({ provider: id, role, roles }: Restoring): Provider | undefined {
  const provider = providerOf(id);
  const own = new Set([role.name, ...roles.filter(({ isInherited }) => isInherited).map(({ name }) => name)]);
  return provider?.administrators.some((name) => own.has(name)) === true ? provider : undefined;
}

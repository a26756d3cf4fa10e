/**
 * The schema `public`, of which pg_dump says only what is not as every new database of PostgreSQL 15 and later has it. In 14 it
 * belongs to the superuser who made the cluster, and everybody may create in it.
 * @module
 */
import type { OwnershipOptions, RestoreEntry, Toc } from "../ddl/index.ts";
import { quoteLiteral } from "../sql.ts";

const AS_NOW_SINCE = 15;

/** Whether `public` has to be made what pg_dump takes it for, before what it says is done. */
export function needsPublicSchema({ serverVersion = "" }: Pick<Toc, "serverVersion">, target: number): boolean {
  return target < AS_NOW_SINCE * 10_000 && Number.parseInt(serverVersion, 10) >= AS_NOW_SINCE;
}

/** What is to be made before everything else; nothing where 0 says that the archive is taken as it is. */
export function publicSchemaEntries(
  toc: Pick<Toc, "serverVersion">,
  target: number,
  { noOwner = false, noPrivileges = false }: OwnershipOptions,
): readonly RestoreEntry[] {
  const owner = noOwner ? [] : ["ALTER SCHEMA public OWNER TO pg_database_owner;"];
  const privileges = noPrivileges ? [] : ["REVOKE CREATE ON SCHEMA public FROM PUBLIC;"];
  const commands = [...owner, ...privileges];
  if (target === 0 || commands.length === 0 || !needsPublicSchema(toc, target)) return [];
  const body = `BEGIN
  IF pg_catalog.to_regnamespace('public') IS NOT NULL THEN
    ${commands.join("\n    ")}
  END IF;
END`;
  return [
    {
      // No entry of an archive has this number.
      dumpId: 0,
      ...{ desc: "SCHEMA", schema: undefined, name: "public", owner: undefined, table: undefined },
      statements: [`DO ${quoteLiteral(body)};`],
      dependencies: [],
      // It may not be ours to change; the comparison then says what is not the same.
      isOptional: true,
    },
  ];
}

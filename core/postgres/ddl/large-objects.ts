import type { Session } from "../session.ts";
import { batches, quoteLiteral, quoteName } from "../sql.ts";
import type { OwnershipOptions } from "./database.ts";
import { type Grant, grantStatements, grantsSql } from "./grants.ts";

/** Everything about large objects but their bytes: also of empty ones, which have none. */
export interface LargeObjectMetadata {
  /** Objects of one owner and equal privileges; oids ascending. */
  readonly groups: readonly {
    readonly owner: string;
    readonly grants: readonly Grant[] | null;
    readonly oids: readonly number[];
  }[];
  readonly comments: readonly { readonly oid: number; readonly comment: string }[];
  readonly labels: readonly { readonly oid: number; readonly provider: string; readonly label: string }[];
}

/** Reads pg_largeobject_metadata, which everyone may; call it in the snapshot's transaction. */
export async function listLargeObjects(session: Session): Promise<LargeObjectMetadata> {
  const groups = await session.query<LargeObjectMetadata["groups"][number]>(
    // Privileges can be compared as text only, and read as they are stored only.
    `SELECT pg_catalog.pg_get_userbyid(m.lomowner) AS owner, ${grantsSql("m.lomacl", "m.lomowner")} AS grants, oids
       FROM (SELECT pg_catalog.min(oid) AS first, pg_catalog.json_agg(oid::bigint ORDER BY oid) AS oids
               FROM pg_catalog.pg_largeobject_metadata GROUP BY lomowner, lomacl::text) AS grouped
       JOIN pg_catalog.pg_largeobject_metadata m ON m.oid = first
      ORDER BY first`,
  );
  const comments = await session.query<LargeObjectMetadata["comments"][number]>(
    `SELECT objoid AS oid, description AS comment FROM pg_catalog.pg_description
      WHERE classoid = 'pg_catalog.pg_largeobject'::regclass ORDER BY objoid`,
  );
  const labels = await session.query<LargeObjectMetadata["labels"][number]>(
    `SELECT objoid AS oid, provider, label FROM pg_catalog.pg_seclabel
      WHERE classoid = 'pg_catalog.pg_largeobject'::regclass ORDER BY objoid, provider`,
  );
  return { groups, comments, labels };
}

interface OfGrantors {
  /** What others than the owner granted is granted in the name of whoever runs it. */
  readonly inOwnName?: boolean;
}

/** So many objects' commands are sent as one query and are one transaction; each takes a lock. */
const OBJECTS_PER_STATEMENT = 500;

/**
 * Makes the objects that are missing and gives all their owners, privileges, comments and labels. To be run after their bytes
 * are loaded, which takes the right to write them. May be run again. Without owners there are no privileges: they name one.
 */
export function* largeObjectStatements(
  metadata: LargeObjectMetadata,
  { noOwner = false, noPrivileges = false, inOwnName = false }: OwnershipOptions & OfGrantors = {},
): Generator<string> {
  for (const { owner, grants, oids } of metadata.groups) {
    for (const some of batches(oids, OBJECTS_PER_STATEMENT)) {
      yield [
        `SELECT pg_catalog.lo_create(wanted.oid) FROM pg_catalog.unnest(ARRAY[${some.join(", ")}]::oid[]) AS wanted(oid)
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid = wanted.oid);`,
        ...(noOwner ? [] : some.map((oid) => `ALTER LARGE OBJECT ${oid} OWNER TO ${quoteName(owner)};`)),
        ...(noOwner || noPrivileges
          ? []
          : some.flatMap((oid) => grantStatements(`LARGE OBJECT ${oid}`, owner, grants, { inOwnName }))),
      ].join("\n");
    }
  }
  const remarks = [
    ...metadata.comments.map(({ oid, comment }) => `COMMENT ON LARGE OBJECT ${oid} IS ${quoteLiteral(comment)};`),
    ...metadata.labels.map(
      ({ oid, provider, label }) =>
        `SECURITY LABEL FOR ${quoteName(provider)} ON LARGE OBJECT ${oid} IS ${quoteLiteral(label)};`,
    ),
  ];
  for (const some of batches(remarks, OBJECTS_PER_STATEMENT)) yield some.join("\n");
}

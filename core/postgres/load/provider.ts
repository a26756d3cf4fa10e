/**
 * What belongs to a provider's platform and would go along with what is dropped.
 * @module
 */
import { PreconditionError } from "../../errors.ts";
import type { Session } from "../session.ts";
import { listNames } from "./target.ts";
import { IN_USERS_SCHEMA, listedBy, OBJECTS } from "./target-objects.ts";

/**
 * What CASCADE would take along from the found, followed through pg_depend to the end, and belongs to the provider or, as a
 * trigger, a column or a default does, to something of the provider's; or lies in a schema of the provider's or an extension's.
 */
const NEEDED_BY_PROVIDER = `${OBJECTS.replace("WITH found", "WITH RECURSIVE found")}, taken (class, oid, part) AS (
  SELECT f.class::pg_catalog.regclass::pg_catalog.oid, f.oid, 0 FROM found f
  UNION
  SELECT x.class, x.oid, x.part FROM taken t CROSS JOIN LATERAL (
    SELECT d.classid, d.objid, d.objsubid FROM pg_catalog.pg_depend d
     WHERE d.refclassid = t.class AND d.refobjid = t.oid AND (t.part = 0 OR d.refobjsubid = t.part)
       AND d.deptype IN ('n', 'a', 'i', 'P', 'S', 'e', 'x')
    UNION ALL
    -- A view goes with the rule that makes it one.
    SELECT 'pg_class'::pg_catalog.regclass::pg_catalog.oid, r.ev_class, 0 FROM pg_catalog.pg_rewrite r
     WHERE t.class = 'pg_rewrite'::pg_catalog.regclass AND r.oid = t.oid AND r.rulename = '_RETURN') AS x (class, oid, part)
), owned (class, oid, part, owner, schema) AS (
  SELECT t.class, t.oid, t.part, c.relowner, CASE WHEN c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') THEN c.relnamespace END FROM taken t JOIN pg_catalog.pg_class c
      ON c.oid = coalesce(
        CASE t.class WHEN 'pg_class'::pg_catalog.regclass THEN t.oid END,
        (SELECT x.tgrelid FROM pg_catalog.pg_trigger x WHERE t.class = 'pg_trigger'::pg_catalog.regclass AND x.oid = t.oid),
        (SELECT x.polrelid FROM pg_catalog.pg_policy x WHERE t.class = 'pg_policy'::pg_catalog.regclass AND x.oid = t.oid),
        (SELECT x.adrelid FROM pg_catalog.pg_attrdef x WHERE t.class = 'pg_attrdef'::pg_catalog.regclass AND x.oid = t.oid),
        (SELECT x.ev_class FROM pg_catalog.pg_rewrite x WHERE t.class = 'pg_rewrite'::pg_catalog.regclass AND x.oid = t.oid),
        (SELECT x.conrelid FROM pg_catalog.pg_constraint x WHERE t.class = 'pg_constraint'::pg_catalog.regclass AND x.oid = t.oid))
  UNION ALL
  SELECT t.class, t.oid, 0, f.proowner, f.pronamespace FROM taken t JOIN pg_catalog.pg_proc f
      ON t.class = 'pg_proc'::pg_catalog.regclass AND f.oid = t.oid
  UNION ALL
  SELECT t.class, t.oid, 0, y.typowner, NULL FROM taken t JOIN pg_catalog.pg_type y
      ON t.class = 'pg_type'::pg_catalog.regclass AND y.oid = t.oid
  UNION ALL
  SELECT t.class, t.oid, 0, n.nspowner, NULL FROM taken t JOIN pg_catalog.pg_namespace n
      ON t.class = 'pg_namespace'::pg_catalog.regclass AND n.oid = t.oid
  UNION ALL
  SELECT t.class, t.oid, 0, e.extowner, NULL FROM taken t JOIN pg_catalog.pg_extension e
      ON t.class = 'pg_extension'::pg_catalog.regclass AND e.oid = t.oid
  UNION ALL
  SELECT t.class, t.oid, 0, e.evtowner, NULL FROM taken t JOIN pg_catalog.pg_event_trigger e
      ON t.class = 'pg_event_trigger'::pg_catalog.regclass AND e.oid = t.oid
)
SELECT DISTINCT pg_catalog.pg_describe_object(o.class, o.oid, o.part) AS described FROM owned o
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = o.schema AND n.nspname !~ '^pg_'
 WHERE (o.owner::pg_catalog.regrole::pg_catalog.text ~ ANY ($1::pg_catalog.text[])
        -- Also a user's own view in auth, say: what lies in such a schema is in no list, so nobody has agreed to lose it.
        OR n.oid IS NOT NULL AND NOT (${IN_USERS_SCHEMA}))
   -- What makes up an extension goes with it, whoever the server gave it to.
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
         WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::pg_catalog.regclass)
 ORDER BY 1`;

/**
 * Nothing of a provider's platform goes with what is dropped: a trigger on auth.users, say, that calls a function in public.
 * @throws PreconditionError `target-needed-by-provider` naming what would go
 */
export async function assertProviderUntouched(session: Session, kept: readonly string[] = []): Promise<void> {
  const rows = await session.query<{ described: string }>(NEEDED_BY_PROVIDER, await listedBy(session, kept));
  if (rows.length === 0) return;
  const names = rows.map(({ described }) => described);
  const message = `dropping what is in database ${session.settings.database} would drop ${listNames(names)}`;
  throw new PreconditionError(
    "target-needed-by-provider",
    `${message}, which belong to the provider or lie in its schemas`,
    {
      hint: "Drop those yourself, or restore into another database.",
    },
  );
}

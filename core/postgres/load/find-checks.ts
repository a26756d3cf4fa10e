/**
 * SQL that finds CHECK constraints in a target: those that ask a user's function, those of a table's relatives, those of domains.
 * @module
 */

/** A user's function, not one of an extension: those read what came with CREATE EXTENSION, or nothing. */
const ASKS_A_FUNCTION = `EXISTS (
  SELECT FROM pg_catalog.pg_depend called
    LEFT JOIN pg_catalog.pg_operator o ON called.refclassid = 'pg_catalog.pg_operator'::pg_catalog.regclass AND o.oid = called.refobjid
    JOIN pg_catalog.pg_proc f ON f.oid = CASE called.refclassid WHEN 'pg_catalog.pg_proc'::pg_catalog.regclass THEN called.refobjid
                                                           ELSE o.oprcode END
   WHERE called.classid = CLASS AND called.objid = OBJECT AND f.oid >= 16384
     AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend e
                      WHERE e.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND e.objid = f.oid AND e.deptype = 'e'))`;

/** SQL that holds for what depends on a function of the user's. */
export function asksAFunction(catalog: string, oid: string): string {
  const type = `'pg_catalog.${catalog}'::pg_catalog.regclass`;
  return ASKS_A_FUNCTION.replace("CLASS", type).replace("OBJECT", oid);
}

/** Enforced and valid: neither is said where a version does not know it, or of what is added after the rows. */
const IN_FORCE = `c.contype = 'c' AND c.convalidated
  AND coalesce((pg_catalog.to_jsonb(c) ->> 'conenforced')::pg_catalog.bool, true)`;

/**
 * Of the named tables' CHECKs that `wanted` chooses: each with those of the same name above and below it in the inheritance, for
 * they come and go together; parents first, and only those that are a table's own, which take the inherited along.
 */
export const onTables = (wanted: string): string => `
WITH RECURSIVE ours (oid) AS (
  SELECT r.oid FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS named (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname = named.schema
    JOIN pg_catalog.pg_class r ON r.relnamespace = n.oid AND r.relname = named.name AND r.relkind IN ('r', 'p')
), above (relation, name) AS (
  SELECT c.conrelid, c.conname FROM pg_catalog.pg_constraint c JOIN ours ON ours.oid = c.conrelid WHERE ${IN_FORCE} AND ${wanted}
  UNION
  SELECT c.conrelid, c.conname FROM above JOIN pg_catalog.pg_inherits i ON i.inhrelid = above.relation
    JOIN pg_catalog.pg_constraint c ON c.conrelid = i.inhparent AND c.conname = above.name AND ${IN_FORCE} AND NOT c.connoinherit
), tree (relation, name) AS (
  SELECT * FROM above
  UNION
  SELECT c.conrelid, c.conname FROM tree JOIN pg_catalog.pg_inherits i ON i.inhparent = tree.relation
    JOIN pg_catalog.pg_constraint c ON c.conrelid = i.inhrelid AND c.conname = tree.name AND ${IN_FORCE} AND c.coninhcount > 0
)
SELECT 'TABLE' AS kind, n.nspname AS schema, r.relname AS relation, c.conname AS name
  FROM tree
  JOIN pg_catalog.pg_constraint c ON c.conrelid = tree.relation AND c.conname = tree.name AND c.contype = 'c' AND c.conislocal
  JOIN pg_catalog.pg_class r ON r.oid = c.conrelid
  JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
 ORDER BY (WITH RECURSIVE ancestor (oid) AS (
             SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = r.oid
             UNION SELECT i.inhparent FROM ancestor JOIN pg_catalog.pg_inherits i ON i.inhrelid = ancestor.oid)
           SELECT count(*) FROM ancestor), 2, 3, 4`;

export const onDomains = (wanted: string): string => `
SELECT 'DOMAIN' AS kind, n.nspname AS schema, t.typname AS relation, c.conname AS name
  FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS named (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = named.schema
  JOIN pg_catalog.pg_type t ON t.typnamespace = n.oid AND t.typname = named.name
  JOIN pg_catalog.pg_constraint c ON c.contypid = t.oid
 WHERE ${IN_FORCE} AND ${wanted}
 ORDER BY 2, 3, 4`;

/** Another type is made of this one: an array, a composite, a range, a domain. */
export const IS_PART = `EXISTS (
  WITH RECURSIVE made (oid) AS (
    SELECT t.typarray WHERE t.typarray <> 0 AND EXISTS (SELECT FROM pg_catalog.pg_depend d
      WHERE d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid = t.typarray AND d.deptype = 'n')
    UNION ALL
    SELECT d.objid FROM pg_catalog.pg_depend d
     WHERE d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid = t.oid AND d.deptype IN ('n', 'a')
       AND (d.classid = 'pg_catalog.pg_type'::pg_catalog.regclass
            OR d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
               AND EXISTS (SELECT FROM pg_catalog.pg_class k WHERE k.oid = d.objid AND k.relkind = 'c'
                           -- Or a table's row type that others have columns of.
                           OR k.oid = d.objid AND EXISTS (SELECT FROM pg_catalog.pg_type y JOIN pg_catalog.pg_depend u
                                ON u.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND u.refobjid IN (y.oid, y.typarray) AND u.deptype = 'n'
                                WHERE y.oid = k.reltype))))
  SELECT FROM made)`;

/** The domains that the columns of tables are made of. */
export const DOMAINS_IN = `
WITH RECURSIVE held (oid) AS (
  SELECT a.atttypid FROM ROWS FROM (pg_catalog.unnest($1::pg_catalog.text[]), pg_catalog.unnest($2::pg_catalog.text[])) AS named (schema, name)
    JOIN pg_catalog.pg_namespace n ON n.nspname = named.schema
    JOIN pg_catalog.pg_class r ON r.relnamespace = n.oid AND r.relname = named.name
    JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  UNION
  SELECT part.oid FROM held JOIN pg_catalog.pg_type t ON t.oid = held.oid CROSS JOIN LATERAL (
    SELECT t.typelem WHERE t.typelem <> 0
    UNION ALL SELECT t.typbasetype WHERE t.typbasetype <> 0
    UNION ALL SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE g.rngtypid = t.oid OR g.rngmultitypid = t.oid
    UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
               WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS part (oid)
)
SELECT DISTINCT n.nspname AS schema, t.typname AS name
  FROM held JOIN pg_catalog.pg_type t ON t.oid = held.oid AND t.typtype = 'd' JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace`;

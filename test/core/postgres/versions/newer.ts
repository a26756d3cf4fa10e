/**
 * What is younger than PostgreSQL 14, each with what becomes of it on a server before the one that has it.
 * @module
 */

export interface Construct {
  /** The first version that has it. */
  readonly since: 15 | 16 | 17 | 18;
  /** Lower case, begins with a letter; stands for the schema in `sql`. */
  readonly name: string;
  /** Makes it; `$` is its schema, in which there is a table `t (a int, b int)`. */
  readonly sql: string;
  /** Entries that are its, where neither schema nor name say so. */
  readonly tag?: RegExp;
  /** What an older server cannot make, by kind: all else is made there, in its words. */
  readonly lacks?: readonly string[];
  /** That the plan has something to tell instead. */
  readonly told?: RegExp;
}

export const CONSTRUCTS: readonly Construct[] = [
  { since: 15, name: "nulls_index", sql: "CREATE UNIQUE INDEX i ON $.t (a) NULLS NOT DISTINCT", lacks: ["INDEX"] },
  { since: 15, name: "nulls_unique", sql: "ALTER TABLE $.t ADD UNIQUE NULLS NOT DISTINCT (a)", lacks: ["CONSTRAINT"] },
  {
    since: 15,
    name: "set_null",
    sql: "ALTER TABLE $.t ADD PRIMARY KEY (a), ADD FOREIGN KEY (b) REFERENCES $.t ON DELETE SET NULL (b)",
    lacks: ["FK CONSTRAINT"],
  },
  {
    since: 15,
    name: "invoker",
    sql: "CREATE VIEW $.v WITH (security_invoker = true) AS SELECT a FROM $.t",
    lacks: ["VIEW"],
  },
  {
    since: 15,
    name: "row_filter",
    sql: "CREATE PUBLICATION row_filter FOR TABLE $.t WHERE (a > 5)",
    lacks: ["PUBLICATION TABLE"],
  },
  {
    since: 15,
    name: "column_list",
    sql: "CREATE PUBLICATION column_list FOR TABLE $.t (a)",
    lacks: ["PUBLICATION TABLE"],
  },
  {
    since: 15,
    name: "schema_pub",
    sql: "CREATE PUBLICATION schema_pub FOR TABLES IN SCHEMA $",
    lacks: ["PUBLICATION TABLES IN SCHEMA"],
  },
  { since: 15, name: "regexp", sql: "CREATE VIEW $.v AS SELECT regexp_like('a', 'b')", lacks: ["VIEW"] },
  {
    since: 15,
    name: "provider_column",
    sql: "CREATE VIEW $.v AS SELECT d.datlocprovider FROM pg_database d",
    lacks: ["VIEW"],
  },
  {
    since: 15,
    name: "merge",
    sql: "CREATE FUNCTION $.f() RETURNS void BEGIN ATOMIC MERGE INTO $.t USING $.t u ON t.a = u.a WHEN MATCHED THEN DELETE; END",
    lacks: ["FUNCTION"],
  },
  { since: 15, name: "unlogged", sql: "CREATE UNLOGGED SEQUENCE $.s", told: /is unlogged/ },
  {
    since: 15,
    name: "unlogged_identity",
    sql: "CREATE TABLE $.i (b int GENERATED ALWAYS AS IDENTITY); ALTER SEQUENCE $.i_b_seq SET UNLOGGED",
    told: /is unlogged/,
  },
  {
    since: 15,
    name: "catalog_function",
    sql: "GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_logicalmapdir() TO pg_monitor WITH GRANT OPTION",
    tag: /^FUNCTION pg_ls_logicalmapdir/,
    told: /pg_ls_logicalmapdir/,
  },
  {
    since: 15,
    name: "two_phase",
    sql: "CREATE SUBSCRIPTION two_phase CONNECTION 'host=x' PUBLICATION p WITH (connect = false, slot_name = NONE, disable_on_error, two_phase)",
    told: /two_phase = on, disable_on_error = true/,
  },
  { since: 15, name: "scale", sql: "CREATE TABLE $.n (a numeric(5,-2), b numeric(5,2))", lacks: ["TABLE"] },
  {
    since: 16,
    name: "expression",
    sql: "CREATE TABLE $.p (a int, g int GENERATED ALWAYS AS (a) STORED); CREATE TABLE $.c (g int GENERATED ALWAYS AS (a * 3) STORED) INHERITS ($.p); CREATE TABLE $.d (h int GENERATED ALWAYS AS (a * 3) STORED) INHERITS ($.p); CREATE TABLE $.r (a int, g int GENERATED ALWAYS AS (a) STORED) PARTITION BY LIST (a); CREATE TABLE $.r1 (a int, g int GENERATED ALWAYS AS (a + 1) STORED); ALTER TABLE $.r ATTACH PARTITION $.r1 FOR VALUES IN (1); CREATE TABLE $.r2 PARTITION OF $.r FOR VALUES IN (2)",
    lacks: ["TABLE", "TABLE ATTACH"],
  },
  { since: 16, name: "any_value", sql: "CREATE VIEW $.v AS SELECT any_value(a) FROM $.t", lacks: ["VIEW"] },
  { since: 16, name: "session_name", sql: "CREATE VIEW $.v AS SELECT SYSTEM_USER AS s", lacks: ["VIEW"] },
  { since: 16, name: "json_object", sql: "CREATE VIEW $.v AS SELECT JSON_OBJECT('a': a) FROM $.t", lacks: ["VIEW"] },
  { since: 16, name: "json_agg", sql: "CREATE VIEW $.v AS SELECT JSON_ARRAYAGG(a) FROM $.t", lacks: ["VIEW"] },
  { since: 16, name: "is_json", sql: "ALTER TABLE $.t ADD c text CHECK (c IS JSON)", lacks: ["TABLE"] },
  {
    since: 16,
    name: "icu_rules",
    sql: "CREATE COLLATION $.c (provider = icu, locale = 'und', rules = '&a < g')",
    lacks: ["COLLATION"],
  },
  { since: 16, name: "stat_io", sql: "CREATE VIEW $.v AS SELECT reads FROM pg_stat_io", lacks: ["VIEW"] },
  {
    since: 16,
    name: "origin",
    sql: "CREATE SUBSCRIPTION origin CONNECTION 'host=x' PUBLICATION p WITH (connect = false, slot_name = NONE, password_required = false, run_as_owner, origin = none, streaming = parallel)",
    told: /origin = none/,
  },
  {
    since: 16,
    name: "sampling",
    sql: "CREATE SERVER sampling FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'x', analyze_sampling 'auto', dbname 'y')",
    told: /analyze_sampling = 'auto'/,
  },
  {
    since: 17,
    name: "maintain",
    sql: "GRANT SELECT, MAINTAIN ON $.t TO pg_monitor; GRANT MAINTAIN ON $.t TO pg_read_all_stats; CREATE TABLE $.o (); REVOKE MAINTAIN ON $.o FROM CURRENT_USER; ALTER DEFAULT PRIVILEGES IN SCHEMA $ GRANT SELECT, MAINTAIN ON TABLES TO pg_monitor",
    told: /has MAINTAIN/,
  },
  {
    since: 17,
    name: "builtin",
    sql: "CREATE COLLATION $.c (provider = builtin, locale = 'C.UTF-8')",
    lacks: ["COLLATION"],
  },
  {
    since: 17,
    name: "json_table",
    sql: "CREATE VIEW $.v AS SELECT * FROM JSON_TABLE('[1]'::jsonb, '$[*]' COLUMNS (a int PATH '$'))",
    lacks: ["VIEW"],
  },
  { since: 17, name: "json_value", sql: "CREATE VIEW $.v AS SELECT JSON_VALUE('1'::jsonb, '$') AS v", lacks: ["VIEW"] },
  { since: 17, name: "at_local", sql: "CREATE VIEW $.v AS SELECT now() AT LOCAL AS l", lacks: ["VIEW"] },
  { since: 17, name: "random", sql: "CREATE VIEW $.v AS SELECT random(1, 6) AS r, random() AS s", lacks: ["VIEW"] },
  {
    since: 17,
    name: "timeout",
    sql: "CREATE FUNCTION $.f() RETURNS int LANGUAGE plpgsql SET transaction_timeout = '1min' AS 'BEGIN RETURN 1; END'",
    lacks: ["FUNCTION"],
  },
  {
    since: 17,
    name: "merge_returning",
    sql: "CREATE FUNCTION $.f() RETURNS SETOF int BEGIN ATOMIC MERGE INTO $.t USING $.t u ON t.a = u.a WHEN MATCHED THEN DELETE RETURNING t.a; END",
    lacks: ["FUNCTION"],
  },
  {
    since: 17,
    name: "on_login",
    sql: "CREATE FUNCTION $.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER on_login ON login EXECUTE FUNCTION $.f(); ALTER EVENT TRIGGER on_login DISABLE",
    lacks: ["EVENT TRIGGER"],
  },
  {
    since: 17,
    name: "on_reindex",
    sql: "CREATE FUNCTION $.f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER on_reindex ON ddl_command_start WHEN TAG IN ('REINDEX') EXECUTE FUNCTION $.f(); ALTER EVENT TRIGGER on_reindex DISABLE",
    lacks: ["EVENT TRIGGER"],
  },
  {
    since: 17,
    name: "exclusion",
    sql: "CREATE TABLE $.p (a int4range, EXCLUDE USING gist (a WITH =)) PARTITION BY LIST (a)",
    lacks: ["CONSTRAINT"],
  },
  {
    since: 17,
    name: "access_method",
    sql: "CREATE TABLE $.p (a int) PARTITION BY LIST (a) USING heap",
    told: /access method heap/,
  },
  {
    since: 17,
    name: "domain_name",
    sql: "CREATE DOMAIN $.d AS int CONSTRAINT dn NOT NULL; COMMENT ON CONSTRAINT dn ON DOMAIN $.d IS 'never'",
    told: /has a not-null constraint with a name/,
  },
  { since: 18, name: "uuid", sql: "CREATE TABLE $.u (id uuid DEFAULT uuidv7(), uuidv7 int)", lacks: ["TABLE"] },
  {
    since: 18,
    name: "virtual_column",
    sql: "CREATE TABLE $.g (a int, b int GENERATED ALWAYS AS (a * 2) VIRTUAL NOT NULL, c text GENERATED ALWAYS AS (')') STORED)",
    told: /virtual generated columns/,
  },
  {
    since: 18,
    name: "not_null_names",
    sql: "CREATE TABLE $.n (a int CONSTRAINT n1 NOT NULL, b int NOT NULL DEFAULT 1, c text COLLATE \"C\" CONSTRAINT n2 NOT NULL); COMMENT ON CONSTRAINT n1 ON $.n IS 'x'; CREATE TABLE $.m () INHERITS ($.n); CREATE TABLE $.l (d int) INHERITS ($.t); ALTER TABLE $.l ADD CONSTRAINT l1 NOT NULL a",
    told: /not-null constraints with names/,
  },
  {
    since: 18,
    name: "not_null_invalid",
    sql: "ALTER TABLE $.t ADD CONSTRAINT later NOT NULL a NOT VALID; COMMENT ON CONSTRAINT later ON $.t IS 'later'",
    told: /a check of the same name/,
  },
  { since: 18, name: "no_inherit", sql: "CREATE TABLE $.n (a int NOT NULL NO INHERIT)", lacks: ["TABLE"] },
  {
    since: 18,
    name: "not_enforced",
    sql: "ALTER TABLE $.t ADD PRIMARY KEY (a), ADD CHECK (b > 0) NOT ENFORCED, ADD FOREIGN KEY (b) REFERENCES $.t NOT ENFORCED; CREATE TABLE $.e (enforced boolean CHECK (NOT enforced))",
    lacks: ["CHECK CONSTRAINT", "FK CONSTRAINT"],
  },
  {
    since: 18,
    name: "without_overlaps",
    sql: "CREATE TABLE $.w (id int4range, during daterange, PRIMARY KEY (id, during WITHOUT OVERLAPS)); CREATE TABLE $.x (id int4range, during daterange, FOREIGN KEY (id, PERIOD during) REFERENCES $.w (id, PERIOD during))",
    lacks: ["CONSTRAINT", "FK CONSTRAINT"],
  },
  {
    since: 18,
    name: "invalid_on_partitioned",
    sql: "ALTER TABLE $.t ADD PRIMARY KEY (a); CREATE TABLE $.p (a int) PARTITION BY LIST (a); ALTER TABLE $.p ADD FOREIGN KEY (a) REFERENCES $.t NOT VALID",
    lacks: ["FK CONSTRAINT"],
  },
  {
    since: 18,
    name: "unicode_fast",
    sql: "CREATE COLLATION $.c (provider = builtin, locale = 'PG_UNICODE_FAST')",
    lacks: ["COLLATION"],
  },
  {
    since: 18,
    name: "generated_pub",
    sql: "CREATE PUBLICATION generated_pub FOR TABLE $.t WITH (publish_generated_columns = stored)",
    lacks: ["PUBLICATION"],
  },
  {
    since: 18,
    name: "large_object_defaults",
    tag: /FOR LARGE OBJECTS$/,
    sql: "ALTER DEFAULT PRIVILEGES GRANT SELECT ON LARGE OBJECTS TO pg_monitor",
    lacks: ["DEFAULT ACL"],
  },
  {
    since: 18,
    name: "estonian",
    sql: "CREATE TEXT SEARCH CONFIGURATION $.c (COPY = pg_catalog.estonian)",
    lacks: ["TEXT SEARCH CONFIGURATION"],
  },
  {
    since: 18,
    name: "returning_old",
    sql: "CREATE FUNCTION $.f() RETURNS SETOF int BEGIN ATOMIC UPDATE $.t SET a = 1 RETURNING OLD.a; END",
    lacks: ["FUNCTION"],
  },
  {
    since: 18,
    name: "enforced_column",
    sql: "CREATE VIEW $.v AS SELECT conenforced FROM pg_constraint",
    lacks: ["VIEW"],
  },
  {
    since: 18,
    name: "parameters",
    sql: "CREATE TABLE $.p (a int) WITH (vacuum_max_eager_freeze_failure_rate = 0.5, fillfactor = 50)",
    told: /vacuum_max_eager_freeze_failure_rate/,
  },
];

/** What looks like something younger and is not: every version takes it as it is. */
export const OLD_ENOUGH = `
CREATE SCHEMA old_enough;
CREATE TABLE old_enough.t (a int, maintain int, "NOT ENFORCED" int, nulls int, enforced boolean, period daterange, json text, uuid uuid, virtual int,
  "char" int, m numeric(5,2), CHECK (NOT enforced), CONSTRAINT crc32 CHECK (a > 0), "JSON_TABLE" text DEFAULT 'JSON_TABLE(', b int GENERATED ALWAYS AS (a + 1) STORED);
CREATE VIEW old_enough.uuidv7 AS SELECT t.a AS any_value, 'uuidv7()' AS x, t.json AS system_user_x, random() AS r FROM old_enough.t;
CREATE VIEW old_enough.members AS SELECT m.member, r.oid, r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.roleid;
CREATE FUNCTION old_enough.any_value(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW old_enough.calls AS SELECT old_enough.any_value(a) FROM old_enough.t;
CREATE FUNCTION old_enough.body() RETURNS uuid LANGUAGE plpgsql AS 'BEGIN RETURN uuidv7(); END';
CREATE FUNCTION old_enough.upd() RETURNS SETOF int BEGIN ATOMIC UPDATE old_enough.t SET a = 1 RETURNING a; END;
COMMENT ON TABLE old_enough.t IS 'MERGE INTO x; JSON_TABLE(';
GRANT SELECT (maintain) ON old_enough.t TO pg_monitor;
`;

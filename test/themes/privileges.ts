import { sqlTheme } from "./theme.ts";

const ROLES = ["theme_a", "theme_b", 'theme "c d"', "theme_own"] as const;

const OBJECTS = `
CREATE SCHEMA granted; CREATE SCHEMA owned AUTHORIZATION theme_own;
CREATE TABLE granted.t (id int, v text, w text); INSERT INTO granted.t VALUES (1, 'v', 'w');
CREATE VIEW granted.v AS SELECT id, v FROM granted.t; CREATE SEQUENCE granted.s; CREATE TYPE granted.e AS ENUM ('a'); CREATE DOMAIN granted.d AS int;
CREATE FUNCTION granted.f(int, text) RETURNS int LANGUAGE sql RETURN 1; CREATE PROCEDURE granted.p() LANGUAGE sql BEGIN ATOMIC END; CREATE AGGREGATE granted.a(int) (SFUNC = int4pl, STYPE = int);
CREATE MATERIALIZED VIEW granted.m AS SELECT 1 AS one; CREATE FOREIGN DATA WRAPPER theme_fdw; CREATE SERVER theme_server FOREIGN DATA WRAPPER theme_fdw; CREATE FOREIGN TABLE granted.ft (a int) SERVER theme_server;
GRANT USAGE ON SCHEMA granted TO theme_a WITH GRANT OPTION; GRANT CREATE ON SCHEMA granted TO theme_b, "theme ""c d""";
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER, MAINTAIN ON granted.t TO theme_a WITH GRANT OPTION; GRANT SELECT (v), UPDATE (v, w), REFERENCES (id) ON granted.t TO theme_b WITH GRANT OPTION;
GRANT INSERT (id) ON granted.t TO PUBLIC; GRANT SELECT ON granted.v, granted.m TO PUBLIC; GRANT SELECT (id) ON granted.v TO "theme ""c d"""; GRANT USAGE ON SEQUENCE granted.s TO theme_a; GRANT ALL ON TYPE granted.e TO theme_b;
REVOKE USAGE ON TYPE granted.e, granted.d FROM PUBLIC; REVOKE ALL ON FUNCTION granted.f FROM PUBLIC, postgres; GRANT EXECUTE ON FUNCTION granted.f TO theme_a; REVOKE EXECUTE ON PROCEDURE granted.p() FROM PUBLIC; GRANT EXECUTE ON FUNCTION granted.a TO theme_b;
GRANT USAGE ON FOREIGN DATA WRAPPER theme_fdw TO theme_a WITH GRANT OPTION; GRANT USAGE ON FOREIGN SERVER theme_server TO theme_b; GRANT SELECT ON granted.ft TO theme_a;
SET ROLE theme_a; GRANT SELECT ON granted.t TO theme_b WITH GRANT OPTION; GRANT USAGE ON SCHEMA granted TO theme_b; GRANT UPDATE (w) ON granted.t TO PUBLIC; RESET ROLE; SET ROLE theme_b; GRANT SELECT ON granted.t TO "theme ""c d"""; GRANT SELECT (v) ON granted.t TO theme_own; RESET ROLE;
CREATE TABLE owned.mine (id int); ALTER TABLE owned.mine OWNER TO theme_own; REVOKE ALL ON owned.mine FROM theme_own; CREATE TABLE granted.nobody (id int); REVOKE ALL ON granted.nobody FROM postgres;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO theme_a; REVOKE EXECUTE ON FUNCTION pg_catalog.pg_sleep(float8) FROM PUBLIC; GRANT SELECT ON pg_catalog.pg_statistic TO theme_b; GRANT SELECT (rolpassword) ON pg_catalog.pg_authid TO theme_a;
REVOKE SELECT ON pg_catalog.pg_class FROM PUBLIC; GRANT SELECT (oid, relname) ON pg_catalog.pg_class TO PUBLIC; GRANT SELECT ON pg_catalog.pg_class TO PUBLIC; REVOKE USAGE ON LANGUAGE plpgsql FROM PUBLIC; GRANT USAGE ON LANGUAGE plpgsql TO theme_a; REVOKE ALL ON SCHEMA information_schema FROM PUBLIC; GRANT USAGE ON SCHEMA information_schema TO theme_b, PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT CREATE, USAGE ON SCHEMA public TO theme_own; ALTER SCHEMA public OWNER TO theme_own; COMMENT ON SCHEMA public IS 'not standard';
ALTER TYPE granted.e OWNER TO theme_own; ALTER DOMAIN granted.d OWNER TO theme_b; ALTER SEQUENCE granted.s OWNER TO theme_a; ALTER VIEW granted.v OWNER TO theme_b; ALTER AGGREGATE granted.a(int) OWNER TO theme_own; ALTER SERVER theme_server OWNER TO postgres; ALTER FOREIGN TABLE granted.ft OWNER TO theme_own; ALTER PROCEDURE granted.p OWNER TO "theme ""c d""";
GRANT theme_a TO theme_b WITH ADMIN OPTION;
`;

const DEFAULTS = `
ALTER DEFAULT PRIVILEGES FOR ROLE theme_own GRANT SELECT ON TABLES TO theme_a WITH GRANT OPTION; ALTER DEFAULT PRIVILEGES FOR ROLE theme_own REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC; ALTER DEFAULT PRIVILEGES FOR ROLE theme_own GRANT USAGE ON TYPES TO theme_b;
ALTER DEFAULT PRIVILEGES FOR ROLE theme_own REVOKE ALL ON TYPES FROM PUBLIC; ALTER DEFAULT PRIVILEGES FOR ROLE theme_own GRANT USAGE, CREATE ON SCHEMAS TO theme_a; ALTER DEFAULT PRIVILEGES FOR ROLE theme_own GRANT SELECT ON LARGE OBJECTS TO theme_b;
ALTER DEFAULT PRIVILEGES FOR ROLE theme_own IN SCHEMA owned, granted GRANT ALL ON TABLES TO "theme ""c d"""; ALTER DEFAULT PRIVILEGES FOR ROLE theme_b IN SCHEMA granted GRANT UPDATE ON SEQUENCES TO PUBLIC; ALTER DEFAULT PRIVILEGES FOR ROLE theme_own REVOKE ALL ON TABLES FROM theme_own;
ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT SELECT ON TABLES TO theme_b; ALTER DEFAULT PRIVILEGES FOR ROLE postgres REVOKE EXECUTE ON ROUTINES FROM PUBLIC; ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT SELECT, UPDATE ON LARGE OBJECTS TO theme_a; ALTER DEFAULT PRIVILEGES FOR ROLE postgres GRANT USAGE ON SCHEMAS TO theme_b;
CREATE TABLE granted.after_defaults (id int); CREATE FUNCTION granted.after_defaults() RETURNS int LANGUAGE sql RETURN 1; CREATE SCHEMA after_defaults; SELECT lo_from_bytea(77, 'after');
`;

export const privileges = sqlTheme({ id: "privileges", roles: ROLES, sql: [OBJECTS, DEFAULTS] });

/** One of every kind that has a rule of its own for who may make it; the ordinary beside what takes a superuser. */
export const EVERYTHING = (role: Record<"friend" | "stranger", string>): string => `
CREATE SCHEMA shop; CREATE SCHEMA "language c";
CREATE EXTENSION hstore SCHEMA shop; CREATE EXTENSION postgres_fdw; CREATE EXTENSION pageinspect;
COMMENT ON EXTENSION hstore IS 'said of an extension';

CREATE FUNCTION shop.plain(a int DEFAULT 1, b text DEFAULT 'LANGUAGE c LEAKPROOF') RETURNS int LANGUAGE sql AS 'SELECT a';
CREATE FUNCTION shop.language(leakproof text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RETURN $1; END $$;
CREATE FUNCTION "language c".atomic() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1 AS leakproof; END;
CREATE FUNCTION shop.leaky() RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT 1';
CREATE FUNCTION shop.in_c(int4, int4) RETURNS int4 LANGUAGE internal AS 'int4pl';
CREATE FUNCTION shop.defining() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path TO shop, pg_temp AS 'SELECT 1';
CREATE FUNCTION shop.custom_setting() RETURNS int LANGUAGE sql SET "my.setting" TO 'x' SET work_mem TO '8MB' AS 'SELECT 1';
CREATE FUNCTION shop.logged() RETURNS int LANGUAGE sql SET log_statement TO 'none' AS 'SELECT 1';
CREATE FUNCTION shop.replica() RETURNS int LANGUAGE sql SET session_replication_role TO 'replica' AS 'SELECT 1';
CREATE FUNCTION shop.supported(text) RETURNS bool LANGUAGE sql STABLE SUPPORT pg_catalog.textlike_support AS 'SELECT true';
CREATE PROCEDURE shop.act() LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE FUNCTION shop.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE FUNCTION shop.on_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$;
COMMENT ON FUNCTION shop.plain(int, text) IS 'LANGUAGE c';

CREATE TYPE shop.base;
CREATE FUNCTION shop.base_in(cstring) RETURNS shop.base LANGUAGE internal IMMUTABLE STRICT AS 'textin';
CREATE FUNCTION shop.base_out(shop.base) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'textout';
CREATE TYPE shop.base (INPUT = shop.base_in, OUTPUT = shop.base_out, LIKE = text);
CREATE TYPE shop.shell;
CREATE TYPE shop.mood AS ENUM ('sad', 'ok');
CREATE TYPE shop.pair AS (a int, b int);
CREATE DOMAIN shop.email AS text CHECK (VALUE LIKE '%@%');
CREATE FUNCTION shop.distance(float8, float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS 'SELECT $1 - $2';
CREATE TYPE shop.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = shop.distance);

CREATE FUNCTION shop.to_pair(int) RETURNS shop.pair LANGUAGE sql IMMUTABLE AS 'SELECT ROW($1, $1)::shop.pair';
CREATE CAST (int AS shop.pair) WITH FUNCTION shop.to_pair(int);
CREATE CAST (text AS shop.mood) WITH INOUT;
CREATE CAST (text AS shop.base) WITHOUT FUNCTION;
CREATE FUNCTION shop.to_bool(date) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE CAST (date AS bool) WITH FUNCTION shop.to_bool(date);
CREATE FUNCTION shop.pair_to_hstore(shop.pair) RETURNS shop.hstore LANGUAGE sql IMMUTABLE AS 'SELECT NULL::shop.hstore';
CREATE CAST (shop.pair AS shop.hstore) WITH FUNCTION shop.pair_to_hstore(shop.pair);
CREATE FUNCTION shop.hstore_to_date(shop.hstore) RETURNS date LANGUAGE sql IMMUTABLE AS 'SELECT NULL::date';
CREATE CAST (shop.hstore AS date) WITH FUNCTION shop.hstore_to_date(shop.hstore);
COMMENT ON CAST (date AS bool) IS 'odd';

CREATE FUNCTION shop.pair_lt(shop.pair, shop.pair) RETURNS bool LANGUAGE sql IMMUTABLE AS 'SELECT $1.a < $2.a';
CREATE FUNCTION shop.pair_cmp(shop.pair, shop.pair) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1.a - $2.a';
CREATE OPERATOR shop.<< (LEFTARG = shop.pair, RIGHTARG = shop.pair, FUNCTION = shop.pair_lt, RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
CREATE FUNCTION shop.own_sel(internal, oid, internal, int4) RETURNS float8 LANGUAGE internal AS 'eqsel';
CREATE OPERATOR shop.<<< (LEFTARG = shop.pair, RIGHTARG = shop.pair, FUNCTION = shop.pair_lt, RESTRICT = shop.own_sel);
CREATE OPERATOR FAMILY shop.loose USING btree;
CREATE OPERATOR CLASS shop.pair_ops FOR TYPE shop.pair USING btree AS OPERATOR 1 shop.<<(shop.pair, shop.pair), FUNCTION 1 shop.pair_cmp(shop.pair, shop.pair);
CREATE AGGREGATE shop.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE AGGREGATE shop.average(int) (SFUNC = int4_avg_accum, STYPE = int8[], FINALFUNC = int8_avg, INITCOND = '{0,0}');
CREATE AGGREGATE shop.opaque(int8) (SFUNC = int8_avg_accum, STYPE = internal, FINALFUNC = numeric_poly_avg);

CREATE TABLE shop.item (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, at date, CHECK (name <> 'LEAKPROOF'));
CREATE TABLE shop.line (id serial PRIMARY KEY, item int REFERENCES shop.item, note text DEFAULT 'x') PARTITION BY RANGE (id);
CREATE TABLE shop.line_1 PARTITION OF shop.line FOR VALUES FROM (0) TO (9);
CREATE UNLOGGED TABLE shop.scratch (id int);
CREATE VIEW shop.items AS SELECT * FROM shop.item;
CREATE MATERIALIZED VIEW shop.few AS SELECT * FROM shop.item LIMIT 3;
CREATE INDEX item_name ON shop.item (lower(name));
CREATE STATISTICS shop.stats ON id, name FROM shop.item;
CREATE RULE quiet AS ON DELETE TO shop.scratch DO INSTEAD NOTHING;
CREATE TRIGGER touch BEFORE INSERT ON shop.item FOR EACH ROW EXECUTE FUNCTION shop.on_row();
ALTER TABLE shop.item ENABLE ALWAYS TRIGGER touch;
CREATE POLICY own ON shop.item TO ${role.friend} USING (name = current_user);
CREATE POLICY theirs ON shop.item TO ${role.stranger} USING (true);
ALTER TABLE shop.item ENABLE ROW LEVEL SECURITY; ALTER TABLE shop.item FORCE ROW LEVEL SECURITY;
COMMENT ON TABLE shop.item IS 'a table'; COMMENT ON POLICY own ON shop.item IS 'a policy';

CREATE COLLATION shop.german (provider = icu, locale = 'de');
CREATE CONVERSION shop.latin FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
CREATE TEXT SEARCH DICTIONARY shop.words (TEMPLATE = simple);
CREATE TEXT SEARCH CONFIGURATION shop.search (PARSER = default);
ALTER TEXT SEARCH CONFIGURATION shop.search ADD MAPPING FOR word WITH shop.words;
CREATE TEXT SEARCH PARSER shop.parser (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);
CREATE TEXT SEARCH TEMPLATE shop.template (INIT = dsimple_init, LEXIZE = dsimple_lexize);
COMMENT ON TEXT SEARCH PARSER shop.parser IS 'said of a parser';
CREATE ACCESS METHOD other_heap TYPE TABLE HANDLER heap_tableam_handler;
COMMENT ON ACCESS METHOD other_heap IS 'said of an access method';
CREATE TRUSTED LANGUAGE mine HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
CREATE LANGUAGE wild HANDLER plpgsql_call_handler;
CREATE FUNCTION shop.in_wild() RETURNS int LANGUAGE wild AS 'BEGIN RETURN 1; END';
CREATE FUNCTION shop.in_mine() RETURNS int LANGUAGE mine AS 'BEGIN RETURN 1; END';
COMMENT ON LANGUAGE mine IS 'said of a language';
CREATE FUNCTION shop.span_from(internal) RETURNS shop.pair LANGUAGE internal AS 'textin';
CREATE TRANSFORM FOR date LANGUAGE sql (FROM SQL WITH FUNCTION pg_catalog.prsd_lextype(internal));

CREATE FOREIGN DATA WRAPPER bare;
CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nowhere.invalid');
CREATE SERVER bare_server FOREIGN DATA WRAPPER bare;
CREATE FOREIGN TABLE shop.distant (id int) SERVER far;
CREATE USER MAPPING FOR ${role.friend} SERVER far OPTIONS (user 'u', password 'p');
CREATE USER MAPPING FOR PUBLIC SERVER far OPTIONS (user 'u', password_required 'false');

CREATE PUBLICATION few_tables FOR TABLE shop.item, shop.line WITH (publish_via_partition_root);
CREATE PUBLICATION "FOR ALL TABLES";
CREATE PUBLICATION all_of_it FOR ALL TABLES;
CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA shop;
CREATE SUBSCRIPTION sub CONNECTION 'host=nowhere.invalid dbname=x password=p' PUBLICATION p WITH (connect = false, slot_name = NONE);
CREATE SUBSCRIPTION sub_bare CONNECTION 'host=nowhere.invalid dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE);
CREATE SUBSCRIPTION sub_open CONNECTION 'host=nowhere.invalid dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE, password_required = false);
CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION shop.on_ddl();
COMMENT ON EVENT TRIGGER watch IS 'said of an event trigger';

ALTER TABLE shop.line OWNER TO ${role.friend}; ALTER FUNCTION shop.plain OWNER TO ${role.friend};
ALTER PUBLICATION few_tables OWNER TO ${role.friend}; ALTER SCHEMA "language c" OWNER TO ${role.friend};
GRANT SELECT ON shop.item TO ${role.friend}, ${role.stranger}, PUBLIC;
GRANT SELECT (note) ON shop.line TO ${role.stranger};
GRANT ALL ON SCHEMA public TO ${role.friend};
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_logdir() TO ${role.friend};
GRANT USAGE ON LANGUAGE mine TO ${role.friend}; GRANT USAGE ON FOREIGN SERVER far TO ${role.friend};
GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO ${role.friend};
GRANT EXECUTE ON FUNCTION shop.hstore_to_date TO ${role.friend}; REVOKE ALL ON FUNCTION shop.akeys FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE ${role.friend} IN SCHEMA shop GRANT SELECT ON TABLES TO ${role.stranger};
ALTER DEFAULT PRIVILEGES FOR ROLE ${role.stranger} IN SCHEMA shop GRANT SELECT ON TABLES TO ${role.friend};
`;

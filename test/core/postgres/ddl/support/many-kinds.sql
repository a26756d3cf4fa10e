-- One object at least of every kind that a restore has to name, own or order, under names that need quoting.
-- {{owner}}, {{reader}} and {{writer}} are roles that the test makes.
SET check_function_bodies = off;
CREATE SCHEMA "Odd ""schema"" name; -- not a comment";
CREATE SCHEMA app AUTHORIZATION {{owner}};
COMMENT ON SCHEMA app IS E'it''s ours;\nDROP SCHEMA app; -- over two lines';
CREATE EXTENSION pg_trgm WITH SCHEMA public;
COMMENT ON EXTENSION pg_trgm IS 'said anew';

CREATE TYPE app.mood AS ENUM ('sad', 'o''k', 'happy; very');
CREATE TYPE app.pair AS (low integer, "High Value" text COLLATE "C");
CREATE DOMAIN app.positive AS integer DEFAULT 1 CONSTRAINT "must be > 0" CHECK (VALUE > 0);
COMMENT ON CONSTRAINT "must be > 0" ON DOMAIN app.positive IS 'of a domain';
CREATE TYPE app.span AS RANGE (subtype = integer, subtype_diff = pg_catalog.int4range_subdiff);
CREATE TYPE app.shell;
CREATE COLLATION app.bytes FROM "C";
CREATE CONVERSION app.from_latin1 FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;

CREATE FUNCTION app.add(a integer, b integer DEFAULT 2) RETURNS integer LANGUAGE sql IMMUTABLE STRICT AS 'SELECT a + b';
CREATE FUNCTION app."odd; fn"(VARIADIC "a,b" text[]) RETURNS text LANGUAGE plpgsql AS $body$
BEGIN
  -- $$ and ' and " and ; and \restrict within
  EXECUTE $q$SELECT 1; $q$;
\connect nowhere
  RETURN "a,b"[1] || E'\n$$;' || $x$it's$x$;
END
$body$;
CREATE FUNCTION app.later() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM app.item';
CREATE FUNCTION app.standard(integer) RETURNS integer LANGUAGE sql BEGIN ATOMIC SELECT $1 * 2; END;
CREATE PROCEDURE app.nothing(INOUT x integer) LANGUAGE plpgsql AS 'BEGIN x := x; END';
CREATE AGGREGATE app.total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0');
CREATE AGGREGATE app.mid(double precision ORDER BY integer) (SFUNC = ordered_set_transition, STYPE = internal, FINALFUNC = percentile_disc_final, FINALFUNC_EXTRA);
CREATE OPERATOR app.=== (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq, COMMUTATOR = OPERATOR(app.===));
CREATE OPERATOR FAMILY app.loose USING btree;
CREATE OPERATOR CLASS app.reverse FOR TYPE integer USING btree FAMILY app.loose AS
  OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 btint4cmp(integer, integer);
CREATE CAST (app.pair AS text) WITH INOUT;
CREATE TEXT SEARCH DICTIONARY app.plain (TEMPLATE = pg_catalog.simple, ACCEPT = false);
CREATE TEXT SEARCH CONFIGURATION app.words (PARSER = pg_catalog."default");
ALTER TEXT SEARCH CONFIGURATION app.words ADD MAPPING FOR asciiword WITH app.plain;
CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
CREATE FOREIGN DATA WRAPPER "no data";
CREATE SERVER "far away" FOREIGN DATA WRAPPER "no data" OPTIONS (host 'a''b');
CREATE USER MAPPING FOR {{reader}} SERVER "far away" OPTIONS (name 'x');
CREATE FOREIGN TABLE app.remote (a integer OPTIONS (k 'v')) SERVER "far away";

CREATE TABLE app.item (
  id bigint GENERATED ALWAYS AS IDENTITY (START 7 INCREMENT 3) PRIMARY KEY,
  "Select" app.mood NOT NULL DEFAULT 'o''k',
  price numeric(10, 2) DEFAULT 0 CHECK (price >= 0),
  pair app.pair,
  tags text[] STORAGE EXTERNAL,
  twice numeric GENERATED ALWAYS AS (price * 2) STORED,
  body text COMPRESSION pglz COLLATE app.bytes,
  CONSTRAINT "odd ""check""" CHECK (body <> 'x;y')
) WITH (fillfactor = 70);
ALTER TABLE app.item ALTER COLUMN body SET STATISTICS 500;
ALTER TABLE app.item REPLICA IDENTITY FULL;
COMMENT ON COLUMN app.item."Select" IS 'a reserved word';
COMMENT ON CONSTRAINT "odd ""check""" ON app.item IS 'checks';
CREATE TABLE "Odd ""schema"" name; -- not a comment"."Table 'with' ""quotes""; и ещё
line" (
  "col;umn" serial UNIQUE, item bigint NOT NULL REFERENCES app.item ON DELETE CASCADE DEFERRABLE, during tsrange,
  CONSTRAINT "no overlap" EXCLUDE USING gist (during WITH &&)
);
CREATE UNLOGGED TABLE app.fast (a integer) USING heap2;
CREATE TABLE app.parent (a integer);
CREATE TABLE app.child (b integer) INHERITS (app.parent);
CREATE TABLE app.loose_check (a integer);
ALTER TABLE app.loose_check ADD CONSTRAINT not_yet CHECK (a > 0) NOT VALID;
CREATE SEQUENCE app."Seq uence" AS smallint MINVALUE -5 CYCLE;
CREATE TABLE app.empty ();

CREATE TABLE app.event (id bigint NOT NULL, at timestamptz NOT NULL, kind app.mood NOT NULL, PRIMARY KEY (id, at, kind))
  PARTITION BY RANGE (at);
CREATE TABLE app.event_old PARTITION OF app.event FOR VALUES FROM (MINVALUE) TO ('2026-01-01') PARTITION BY LIST (kind);
CREATE TABLE app.event_old_sad PARTITION OF app.event_old FOR VALUES IN ('sad');
CREATE TABLE app.event_old_rest PARTITION OF app.event_old DEFAULT;
CREATE TABLE app.event_new PARTITION OF app.event DEFAULT;
CREATE INDEX event_kind ON app.event (kind);
CREATE TABLE app.event_note (event bigint, at timestamptz, kind app.mood, FOREIGN KEY (event, at, kind) REFERENCES app.event);
CREATE TABLE app.am_root (a integer) PARTITION BY HASH (a) USING heap2;

CREATE INDEX item_tags ON app.item USING gin (tags) WHERE price > 1;
CREATE INDEX "Item idx; odd" ON app.item (lower(body) DESC NULLS LAST, (price + 1)) INCLUDE (id);
CREATE UNIQUE INDEX item_cluster ON app.item ("Select", id);
ALTER TABLE app.item CLUSTER ON item_cluster;
COMMENT ON INDEX app.item_tags IS 'for tags';
CREATE STATISTICS app.item_stats (dependencies, mcv) ON price, "Select" FROM app.item;

CREATE VIEW app.cheap AS SELECT id, price FROM app.item WHERE price < 5 WITH CASCADED CHECK OPTION;
ALTER VIEW app.cheap ALTER COLUMN price SET DEFAULT 3;
CREATE VIEW app.per_item AS SELECT id, "Select", price, count(*) FROM app.item GROUP BY id;
CREATE MATERIALIZED VIEW app.summary AS SELECT id, count(*) AS n FROM app.per_item GROUP BY id;
CREATE UNIQUE INDEX summary_id ON app.summary (id);
CREATE MATERIALIZED VIEW app.a_needs_summary AS SELECT sum(n) FROM app.summary WITH NO DATA;
CREATE MATERIALIZED VIEW app.needs_key AS SELECT id, body FROM app.item GROUP BY id;
CREATE INDEX needs_key_body ON app.needs_key (body);
CREATE VIEW app.ring_a AS SELECT 1 AS x;
CREATE VIEW app.ring_b AS SELECT x FROM app.ring_a;
CREATE OR REPLACE VIEW app.ring_a AS SELECT x FROM (SELECT 1 AS x) AS one WHERE false;

CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER "touch; it" BEFORE INSERT OR UPDATE OF price ON app.item FOR EACH ROW WHEN (NEW.price > 0) EXECUTE FUNCTION app.touch('a''b');
ALTER TABLE app.item DISABLE TRIGGER "touch; it";
COMMENT ON TRIGGER "touch; it" ON app.item IS 'is off';
CREATE CONSTRAINT TRIGGER at_end AFTER INSERT ON app.parent DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE TRIGGER per_event AFTER INSERT ON app.event FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE RULE quiet AS ON DELETE TO app.parent DO INSTEAD NOTHING;
ALTER TABLE app.item ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.item FORCE ROW LEVEL SECURITY;
CREATE POLICY "own; rows" ON app.item AS RESTRICTIVE FOR SELECT TO {{reader}} USING (price > 0);
COMMENT ON POLICY "own; rows" ON app.item IS 'seen by few';
CREATE PUBLICATION wanted FOR TABLE app.item WHERE (id > 1), TABLES IN SCHEMA "Odd ""schema"" name; -- not a comment";
CREATE SUBSCRIPTION far CONNECTION 'host=nowhere.invalid dbname=x' PUBLICATION p WITH (connect = false, slot_name = NONE);
CREATE FUNCTION app.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no commands any more''; END';

ALTER TABLE app.item OWNER TO {{owner}};
ALTER FUNCTION app.add(integer, integer) OWNER TO {{owner}};
ALTER PROCEDURE app.nothing(integer) OWNER TO {{owner}};
ALTER AGGREGATE app.total(integer) OWNER TO {{owner}};
ALTER AGGREGATE app.mid(double precision ORDER BY integer) OWNER TO {{owner}};
ALTER OPERATOR app.=== (integer, integer) OWNER TO {{owner}};
ALTER OPERATOR CLASS app.reverse USING btree OWNER TO {{owner}};
ALTER OPERATOR FAMILY app.loose USING btree OWNER TO {{owner}};
ALTER TYPE app.mood OWNER TO {{owner}};
ALTER DOMAIN app.positive OWNER TO {{owner}};
ALTER COLLATION app.bytes OWNER TO {{owner}};
ALTER CONVERSION app.from_latin1 OWNER TO {{owner}};
ALTER TEXT SEARCH DICTIONARY app.plain OWNER TO {{owner}};
ALTER TEXT SEARCH CONFIGURATION app.words OWNER TO {{owner}};
ALTER SERVER "far away" OWNER TO {{owner}};
ALTER FOREIGN TABLE app.remote OWNER TO {{owner}};
ALTER MATERIALIZED VIEW app.summary OWNER TO {{owner}};
ALTER VIEW app.cheap OWNER TO {{owner}};
ALTER STATISTICS app.item_stats OWNER TO {{owner}};
ALTER PUBLICATION wanted OWNER TO {{owner}};
ALTER SCHEMA public OWNER TO {{owner}};

GRANT USAGE ON SCHEMA app TO {{reader}}, {{writer}}, PUBLIC;
GRANT SELECT ON app.item, app.cheap TO {{reader}};
GRANT UPDATE (price), SELECT (id) ON app.item TO {{writer}} WITH GRANT OPTION;
SET ROLE {{writer}};
GRANT UPDATE (price) ON app.item TO {{reader}};
RESET ROLE;
REVOKE ALL ON FUNCTION app.add(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION app."odd; fn"(text[]) TO {{reader}};
GRANT USAGE ON SEQUENCE app."Seq uence" TO {{writer}};
GRANT USAGE ON FOREIGN SERVER "far away" TO {{reader}};
GRANT USAGE ON TYPE app.positive TO {{reader}};
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE {{owner}} IN SCHEMA app GRANT SELECT ON TABLES TO {{reader}};
ALTER DEFAULT PRIVILEGES FOR ROLE {{owner}} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
CREATE EVENT TRIGGER "zz stop" ON ddl_command_start EXECUTE FUNCTION app.on_ddl();
COMMENT ON EVENT TRIGGER "zz stop" IS 'fires on every command';

/**
 * What an ordinary application has, among several roles none of which is a superuser; made by a superuser who hands it over.
 * @module
 */
export interface Staff {
  /** Owns the database and the schema. */
  readonly keeper: string;
  /** Owns tables in the keeper's schema, without the right to create there. */
  readonly clerk: string;
  /** Owns nothing. */
  readonly app: string;
}

export const MANAGED_SCHEMA = ({ keeper, clerk, app }: Staff, database: string): string => `
ALTER DATABASE ${database} OWNER TO ${keeper};
SET ROLE ${keeper};
CREATE SCHEMA shop; CREATE SCHEMA inner_life AUTHORIZATION ${keeper};
RESET ROLE;
CREATE SCHEMA work AUTHORIZATION ${clerk};
CREATE EXTENSION hstore SCHEMA work; CREATE EXTENSION citext SCHEMA public;
GRANT USAGE ON SCHEMA shop TO ${clerk}, ${app}; GRANT USAGE ON SCHEMA work TO ${keeper}, ${app};

CREATE TYPE shop.mood AS ENUM ('sad', 'ok'); CREATE TYPE shop.pair AS (a int, b text); CREATE TYPE shop.span AS RANGE (SUBTYPE = float8);
CREATE DOMAIN shop.email AS public.citext CHECK (VALUE ~ '@');
CREATE COLLATION shop.german (provider = icu, locale = 'de');
CREATE FUNCTION shop.shout(t text) RETURNS text LANGUAGE sql IMMUTABLE RETURN upper(t);
CREATE FUNCTION work.stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path TO work, pg_temp AS $$ BEGIN NEW.note := coalesce(NEW.note, 'new'); RETURN NEW; END $$;
CREATE PROCEDURE work.act() LANGUAGE plpgsql AS $$ BEGIN NULL; END $$;
CREATE AGGREGATE shop.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
CREATE OPERATOR shop.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = pg_catalog.texteq);

CREATE TABLE shop.customer (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email shop.email UNIQUE, name text COLLATE shop.german,
  feels shop.mood DEFAULT 'ok', pair shop.pair, extra work.hstore, loud text GENERATED ALWAYS AS (shop.shout(name)) STORED, note text);
CREATE TABLE shop.purchase (id int, at date, customer bigint REFERENCES shop.customer, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE shop.purchase_1 PARTITION OF shop.purchase FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE work.rest PARTITION OF shop.purchase DEFAULT;
CREATE TABLE work.tenant (id int PRIMARY KEY, tenant text, secret text);
CREATE TABLE work.job (id serial PRIMARY KEY, tenant int REFERENCES work.tenant, customer bigint REFERENCES shop.customer);
CREATE UNLOGGED TABLE shop.scratch (id int);
CREATE TABLE inner_life.audit (id int, what text);
INSERT INTO shop.customer (email, name, extra) SELECT 'c' || n || '@x', 'Name ' || n, 'a=>1' FROM generate_series(1, 40) n;
INSERT INTO shop.purchase SELECT n, date '2026-06-01' + n * 20, n FROM generate_series(1, 40) n;
INSERT INTO work.tenant SELECT n, 't' || n % 3, 'secret ' || n FROM generate_series(1, 30) n;
INSERT INTO work.job (tenant, customer) SELECT n, n FROM generate_series(1, 30) n;
INSERT INTO shop.scratch VALUES (1); INSERT INTO inner_life.audit VALUES (1, 'x');

ALTER TABLE shop.customer OWNER TO ${keeper}; ALTER TABLE shop.purchase OWNER TO ${keeper}; ALTER TABLE shop.purchase_1 OWNER TO ${clerk};
ALTER TABLE shop.scratch OWNER TO ${clerk}; ALTER TABLE inner_life.audit OWNER TO ${clerk};
ALTER TABLE work.rest OWNER TO ${keeper}; ALTER TABLE work.tenant OWNER TO ${clerk}; ALTER TABLE work.job OWNER TO ${clerk};
ALTER FUNCTION shop.shout OWNER TO ${clerk}; ALTER FUNCTION work.stamp OWNER TO ${clerk}; ALTER PROCEDURE work.act OWNER TO ${keeper};
ALTER TYPE shop.mood OWNER TO ${keeper}; ALTER TYPE shop.pair OWNER TO ${clerk}; ALTER TYPE shop.span OWNER TO ${keeper};
ALTER DOMAIN shop.email OWNER TO ${keeper}; ALTER COLLATION shop.german OWNER TO ${keeper};
ALTER AGGREGATE shop.total(int) OWNER TO ${keeper}; ALTER OPERATOR shop.=== (text, text) OWNER TO ${keeper};
CREATE INDEX loudest ON shop.customer (shop.shout(name)); CREATE STATISTICS shop.stats ON feels, name FROM shop.customer;
ALTER STATISTICS shop.stats OWNER TO ${keeper};
CREATE TRIGGER stamp BEFORE INSERT ON shop.customer FOR EACH ROW EXECUTE FUNCTION work.stamp();
CREATE TRIGGER never BEFORE UPDATE ON shop.customer FOR EACH ROW EXECUTE FUNCTION work.stamp();
ALTER TABLE shop.customer ENABLE ALWAYS TRIGGER stamp; ALTER TABLE shop.customer DISABLE TRIGGER never;
CREATE RULE quiet AS ON DELETE TO shop.scratch DO INSTEAD NOTHING;
CREATE VIEW work.loud WITH (security_invoker) AS SELECT loud FROM shop.customer; ALTER VIEW work.loud OWNER TO ${clerk};
CREATE TEXT SEARCH DICTIONARY shop.words (TEMPLATE = simple); CREATE TEXT SEARCH CONFIGURATION shop.search (PARSER = default);
ALTER TEXT SEARCH CONFIGURATION shop.search ADD MAPPING FOR word WITH shop.words;
ALTER TEXT SEARCH DICTIONARY shop.words OWNER TO ${keeper}; ALTER TEXT SEARCH CONFIGURATION shop.search OWNER TO ${keeper};

ALTER TABLE work.tenant ENABLE ROW LEVEL SECURITY; ALTER TABLE work.tenant FORCE ROW LEVEL SECURITY;
CREATE POLICY of_app ON work.tenant FOR SELECT TO ${app}, ${keeper} USING (tenant = current_setting('app.tenant', true));
CREATE POLICY of_owner ON work.tenant TO ${clerk} USING (tenant = 't1');
CREATE MATERIALIZED VIEW work.seen AS SELECT id, tenant FROM work.tenant; ALTER MATERIALIZED VIEW work.seen OWNER TO ${clerk};
REFRESH MATERIALIZED VIEW work.seen;
CREATE MATERIALIZED VIEW shop.counts AS SELECT count(*) FROM shop.customer WITH NO DATA; ALTER MATERIALIZED VIEW shop.counts OWNER TO ${keeper};
CREATE PUBLICATION jobs FOR TABLE work.job, shop.customer (id, email) WHERE (id > 3); GRANT CREATE ON DATABASE ${database} TO ${clerk};
ALTER PUBLICATION jobs OWNER TO ${clerk}; REVOKE CREATE ON DATABASE ${database} FROM ${clerk};

SELECT lo_from_bytea(700, 'mine'); SELECT lo_from_bytea(701, 'yours'); ALTER LARGE OBJECT 700 OWNER TO ${clerk}; ALTER LARGE OBJECT 701 OWNER TO ${keeper};
GRANT SELECT ON LARGE OBJECT 700 TO ${app}; COMMENT ON LARGE OBJECT 701 IS 'a scan';
COMMENT ON SCHEMA shop IS 'the shop'; COMMENT ON TABLE work.job IS 'jobs'; COMMENT ON POLICY of_app ON work.tenant IS 'theirs';
COMMENT ON DATABASE ${database} IS 'everything'; ALTER DATABASE ${database} SET search_path = shop, public; ALTER DATABASE ${database} SET work_mem = '8MB';

SET ROLE ${keeper};
GRANT SELECT, UPDATE (name) ON shop.customer TO ${clerk} WITH GRANT OPTION; REVOKE DELETE ON shop.customer FROM ${keeper};
GRANT USAGE ON SCHEMA inner_life TO ${clerk} WITH GRANT OPTION; REVOKE EXECUTE ON PROCEDURE work.act FROM PUBLIC;
ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO ${app}; ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
REVOKE CREATE, TEMPORARY ON DATABASE ${database} FROM PUBLIC; GRANT CONNECT ON DATABASE ${database} TO ${app};
REVOKE USAGE ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO ${app};
SET ROLE ${clerk};
GRANT SELECT (email) ON shop.customer TO ${app}; GRANT USAGE ON SCHEMA inner_life TO ${app}; GRANT INSERT ON work.job TO ${app} WITH GRANT OPTION;
GRANT USAGE ON SEQUENCE work.job_id_seq TO ${app};
ALTER DEFAULT PRIVILEGES IN SCHEMA work GRANT ALL ON TABLES TO ${keeper} WITH GRANT OPTION;
SET ROLE ${app};
GRANT INSERT ON work.job TO PUBLIC;
RESET ROLE;`;

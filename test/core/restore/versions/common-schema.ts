/**
 * A database of every kind of object that PostgreSQL 14 knows, a few rows in each: what each version reads and writes alike.
 * @module
 */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { asAdmin, createDatabase, type TestDatabase } from "../../../support/postgres.ts";
import type { PostgresServer } from "../../../support/postgres-setup.ts";

export interface CommonDatabase extends TestDatabase {
  /** Names of the roles it needs, members before the roles that they are members of. */
  readonly roles: readonly string[];
}

/** @param extra SQL of what only this server's version knows */
export async function createCommonDatabase(server: PostgresServer, extra = ""): Promise<CommonDatabase> {
  const database = await createDatabase("common", "", server);
  const suffix = randomBytes(4).toString("hex");
  const [owner, reader, admin] = [`owner_${suffix}`, `reader_${suffix}`, `admin_${suffix}`];
  await asAdmin(
    (session) =>
      session.query(`
        CREATE ROLE ${owner} CREATEDB CONNECTION LIMIT 7;
        CREATE ROLE ${reader} LOGIN PASSWORD 'kept by the server' VALID UNTIL '2031-05-06 07:08:09+00';
        CREATE ROLE ${admin} NOINHERIT;
        ALTER ROLE ${reader} SET work_mem = '7MB';
        COMMENT ON ROLE ${owner} IS 'owns';
        GRANT ${owner} TO ${reader};
        GRANT ${owner} TO ${admin} WITH ADMIN OPTION;
        GRANT pg_monitor TO ${reader};
        ALTER DATABASE ${database.name} OWNER TO ${owner};
        ALTER DATABASE ${database.name} SET search_path = shop, public;
        ALTER DATABASE ${database.name} SET default_text_search_config = 'pg_catalog.german';
        ALTER ROLE ${reader} IN DATABASE ${database.name} SET statement_timeout = '3min';
        ALTER DATABASE ${database.name} CONNECTION LIMIT 40;
        COMMENT ON DATABASE ${database.name} IS 'it''s all of it';
        GRANT TEMPORARY ON DATABASE ${database.name} TO ${reader} WITH GRANT OPTION;
        REVOKE TEMPORARY ON DATABASE ${database.name} FROM PUBLIC;`),
    server,
  );
  await database.query(SCHEMA);
  await database.query(ROWS);
  await database.query(`
    ALTER TABLE shop.customer OWNER TO ${owner};
    ALTER MATERIALIZED VIEW shop.revenue OWNER TO ${owner};
    ALTER FUNCTION shop.initials(text) OWNER TO ${owner};
    GRANT USAGE, CREATE ON SCHEMA shop TO ${owner};
    GRANT USAGE ON SCHEMA shop TO ${reader} WITH GRANT OPTION;
    GRANT SELECT, REFERENCES ON shop.customer TO ${reader};
    GRANT SELECT (id, placed_on), UPDATE (note) ON shop.purchase TO ${reader} WITH GRANT OPTION;
    GRANT SELECT ON shop.purchase TO ${owner};
    GRANT EXECUTE ON FUNCTION shop.initials(text) TO ${reader};
    REVOKE EXECUTE ON FUNCTION shop.initials(text) FROM PUBLIC;
    GRANT USAGE ON SEQUENCE shop.lonely TO ${reader};
    GRANT USAGE ON TYPE shop.mood TO ${reader};
    GRANT USAGE ON FOREIGN SERVER elsewhere TO ${owner};
    ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO ${reader};
    ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
    CREATE USER MAPPING FOR ${reader} SERVER elsewhere OPTIONS (user 'u', password 'p');
    CREATE POLICY own_rows ON shop.note FOR SELECT TO ${reader} USING (author = current_user);
    ALTER LARGE OBJECT 424242 OWNER TO ${owner};
    GRANT SELECT ON LARGE OBJECT 424242 TO ${reader};
    COMMENT ON LARGE OBJECT 424242 IS 'a scan';
    ${extra}`);
  return { ...database, roles: [reader, admin, owner] };
}

const SCHEMA = `
CREATE SCHEMA shop;
CREATE SCHEMA "Odd ""Name""";
CREATE EXTENSION citext SCHEMA shop;
CREATE EXTENSION postgres_fdw;
CREATE TYPE shop.mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN shop.email AS text NOT NULL CONSTRAINT has_at CHECK (VALUE ~ '@');
CREATE TYPE shop.point3 AS (x int, y int, z text COLLATE "C");
CREATE TYPE shop.temperatures AS RANGE (subtype = float8, subtype_diff = float8mi, multirange_type_name = shop.many_temperatures);
CREATE COLLATION shop.german (provider = icu, locale = 'de-u-co-phonebk');
CREATE COLLATION shop.plain (locale = 'C');
CREATE FUNCTION shop.initials(name text) RETURNS text LANGUAGE sql IMMUTABLE
  BEGIN ATOMIC SELECT string_agg(left(word, 1), '') FROM regexp_split_to_table(name, ' ') AS word; END;
CREATE FUNCTION shop.plus(shop.point3, shop.point3) RETURNS shop.point3 LANGUAGE sql IMMUTABLE
  AS $$ SELECT ROW($1.x + $2.x, $1.y + $2.y, $1.z || $2.z)::shop.point3 $$;
CREATE OPERATOR shop.+ (FUNCTION = shop.plus, LEFTARG = shop.point3, RIGHTARG = shop.point3, COMMUTATOR = OPERATOR(shop.+));
CREATE AGGREGATE shop.total(shop.point3) (SFUNC = shop.plus, STYPE = shop.point3, INITCOND = '(0,0,)');
CREATE FUNCTION shop.to_mood(int) RETURNS shop.mood LANGUAGE sql IMMUTABLE AS $$ SELECT ('{sad,ok,happy}'::shop.mood[])[$1] $$;
CREATE CAST (int AS shop.mood) WITH FUNCTION shop.to_mood(int) AS ASSIGNMENT;
CREATE OPERATOR FAMILY shop.backwards USING btree;
CREATE OPERATOR CLASS shop.backwards FOR TYPE int USING btree FAMILY shop.backwards AS
  OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 btint4cmp(int, int);
CREATE PROCEDURE shop.halve(INOUT n int, OUT rest int) LANGUAGE plpgsql AS $$ BEGIN rest := n % 2; n := n / 2; END $$;
CREATE TEXT SEARCH DICTIONARY shop.stems (TEMPLATE = snowball, Language = english);
CREATE TEXT SEARCH CONFIGURATION shop.english (COPY = pg_catalog.simple);
ALTER TEXT SEARCH CONFIGURATION shop.english ALTER MAPPING FOR asciiword WITH shop.stems, simple;
CREATE CONVERSION shop.ours FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;

CREATE TABLE shop.customer (
  id bigint GENERATED ALWAYS AS IDENTITY (START 5 INCREMENT 3) PRIMARY KEY,
  email shop.email UNIQUE DEFERRABLE INITIALLY DEFERRED,
  name text NOT NULL COLLATE shop.german,
  shouted text GENERATED ALWAYS AS (upper(name COLLATE "C")) STORED,
  feels shop.mood DEFAULT 'ok',
  home shop.point3,
  tags text[] NOT NULL DEFAULT '{}',
  extra jsonb,
  raw bytea,
  dropped int,
  nick shop.citext,
  warm shop.temperatures,
  often shop.many_temperatures,
  days datemultirange,
  search tsvector,
  favourite bigint,
  price money,
  seen timestamptz DEFAULT now(),
  note xml
) WITH (fillfactor = 70, autovacuum_enabled = off);
ALTER TABLE shop.customer DROP COLUMN dropped;
ALTER TABLE shop.customer ALTER raw SET STORAGE EXTERNAL, ALTER extra SET COMPRESSION pglz, ALTER name SET STATISTICS 321;
ALTER TABLE shop.customer CLUSTER ON customer_pkey;
ALTER TABLE shop.customer REPLICA IDENTITY FULL;
CREATE INDEX customer_search ON shop.customer USING gin (search);
CREATE INDEX customer_name ON shop.customer (lower(name) DESC NULLS LAST) INCLUDE (id) WHERE feels <> 'sad';
CREATE INDEX customer_initials ON shop.customer (shop.initials(name));
ALTER INDEX shop.customer_initials ALTER COLUMN 1 SET STATISTICS 77;
CREATE STATISTICS shop.customer_stats (ndistinct, mcv) ON feels, name FROM shop.customer;
CREATE STATISTICS shop.customer_expression ON (lower(name)) FROM shop.customer;
ALTER STATISTICS shop.customer_stats SET STATISTICS 99;

CREATE TABLE shop.purchase (
  id bigint GENERATED BY DEFAULT AS IDENTITY,
  customer_id bigint NOT NULL,
  placed_on date NOT NULL,
  total numeric(12,2) NOT NULL CHECK (total >= 0),
  note text,
  PRIMARY KEY (id, placed_on)
) PARTITION BY RANGE (placed_on);
CREATE TABLE shop.purchase_2025 PARTITION OF shop.purchase FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE shop.purchase_2026 (note text, total numeric(12,2) NOT NULL, placed_on date NOT NULL, customer_id bigint NOT NULL, id bigint NOT NULL, CONSTRAINT purchase_total_check CHECK (total >= 0));
ALTER TABLE shop.purchase ATTACH PARTITION shop.purchase_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE shop.purchase_rest PARTITION OF shop.purchase DEFAULT;
CREATE INDEX purchase_customer ON shop.purchase (customer_id);
ALTER TABLE shop.purchase ADD CONSTRAINT purchase_customer_fk FOREIGN KEY (customer_id) REFERENCES shop.customer (id) ON DELETE CASCADE;
ALTER TABLE shop.customer ADD CONSTRAINT customer_favourite_fk FOREIGN KEY (favourite) REFERENCES shop.customer (id) DEFERRABLE NOT VALID;
CREATE TABLE shop.vote (id int, feels shop.mood NOT NULL) PARTITION BY HASH (feels);
CREATE TABLE shop.vote_0 PARTITION OF shop.vote FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE shop.vote_1 PARTITION OF shop.vote FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE shop.place (country text, town text) PARTITION BY LIST (country);
CREATE TABLE shop.place_de PARTITION OF shop.place FOR VALUES IN ('de', NULL);

CREATE TABLE shop.a (id int PRIMARY KEY, b_id int);
CREATE TABLE shop.b (id int PRIMARY KEY, a_id int REFERENCES shop.a (id));
ALTER TABLE shop.a ADD CONSTRAINT a_b_fk FOREIGN KEY (b_id) REFERENCES shop.b (id);
CREATE TABLE shop.booking (room int, during tstzrange, EXCLUDE USING gist (during WITH &&) WHERE (room = 1));
CREATE TABLE shop.backward (n int);
CREATE INDEX backward_n ON shop.backward (n shop.backwards);
CREATE TABLE shop.note (id int, author text DEFAULT current_user, body text);
ALTER TABLE shop.note ENABLE ROW LEVEL SECURITY;
ALTER TABLE shop.note FORCE ROW LEVEL SECURITY;
CREATE TABLE shop.nothing ();
CREATE TABLE shop.only_generated (one int GENERATED ALWAYS AS (1) STORED);
CREATE UNLOGGED TABLE shop.scratch (id int, n serial, i int GENERATED ALWAYS AS IDENTITY);
CREATE TABLE "Odd ""Name"""."Tä ble" ("Sp alte" text NOT NULL, "select" int);
CREATE TABLE shop.parent_t (id int NOT NULL, CONSTRAINT positive CHECK (id > 0), CONSTRAINT ours CHECK (id < 100) NO INHERIT);
CREATE TABLE shop.child_t (more text) INHERITS (shop.parent_t);
CREATE TABLE shop.grandchild_t () INHERITS (shop.child_t);
ALTER TABLE shop.grandchild_t ALTER more SET NOT NULL;
CREATE TABLE shop.typed OF shop.point3 (x NOT NULL, PRIMARY KEY (x));
CREATE TABLE shop.file (name text, content oid);
CREATE TABLE shop.counted (id serial, small smallserial);

CREATE TABLE shop.log (happened text);
CREATE FUNCTION shop.log_it() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO shop.log VALUES (TG_TABLE_NAME || ' ' || TG_OP);
  RETURN NEW;
END $$;
CREATE TRIGGER noted AFTER INSERT ON shop.customer FOR EACH ROW WHEN (NEW.feels = 'sad') EXECUTE FUNCTION shop.log_it('x');
CREATE TRIGGER per_statement AFTER UPDATE ON shop.note REFERENCING NEW TABLE AS news EXECUTE FUNCTION shop.log_it();
CREATE CONSTRAINT TRIGGER late AFTER INSERT ON shop.a DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION shop.log_it();
CREATE TRIGGER on_partitions AFTER INSERT ON shop.purchase FOR EACH ROW EXECUTE FUNCTION shop.log_it();
ALTER TABLE shop.customer DISABLE TRIGGER noted;
ALTER TABLE shop.note ENABLE ALWAYS TRIGGER per_statement;
CREATE TABLE shop.seen_event (tag text);
CREATE FUNCTION shop.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO shop.seen_event VALUES (tg_tag); END $$;

CREATE VIEW shop.happy WITH (security_barrier) AS SELECT id, name FROM shop.customer WHERE feels = 'happy' WITH LOCAL CHECK OPTION;
CREATE VIEW shop.per_customer AS SELECT c.id, c.name, count(*) AS n FROM shop.customer c GROUP BY c.id;
CREATE RECURSIVE VIEW shop.numbers (n) AS SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5;
CREATE MATERIALIZED VIEW shop.revenue AS SELECT customer_id, sum(total) AS total FROM shop.purchase GROUP BY 1;
CREATE UNIQUE INDEX revenue_customer ON shop.revenue (customer_id);
CREATE MATERIALIZED VIEW shop.a_top AS SELECT * FROM shop.revenue ORDER BY total DESC, customer_id LIMIT 5;
CREATE MATERIALIZED VIEW shop.not_filled AS SELECT 1 AS one WITH NO DATA;
CREATE SEQUENCE shop.lonely AS smallint START 100 INCREMENT 5 CYCLE;
CREATE SEQUENCE shop.untouched;
CREATE FUNCTION shop.dearest() RETURNS numeric LANGUAGE sql BEGIN ATOMIC SELECT total FROM shop.purchase ORDER BY total DESC LIMIT 1; END;
CREATE POLICY bought ON shop.note USING (EXISTS (SELECT FROM shop.customer WHERE customer.name = note.author));
CREATE RULE no_delete AS ON DELETE TO shop.note DO INSTEAD NOTHING;
CREATE RULE also AS ON INSERT TO shop.scratch WHERE (new.id > 5) DO ALSO INSERT INTO shop.log VALUES ('big');
CREATE SUBSCRIPTION away CONNECTION 'host=192.0.2.1 password=p' PUBLICATION theirs WITH (connect = false, slot_name = NONE, binary = true);
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '192.0.2.1');
CREATE FOREIGN TABLE shop.far (id int OPTIONS (column_name 'no') NOT NULL, word text) SERVER elsewhere OPTIONS (table_name 'near');
COMMENT ON TABLE shop.customer IS 'who buys; says "hello" -- and ''more''';
COMMENT ON COLUMN shop.customer.email IS 'with an @';
COMMENT ON INDEX shop.customer_name IS 'by name';
COMMENT ON CONSTRAINT purchase_customer_fk ON shop.purchase IS 'who bought';
COMMENT ON CONSTRAINT has_at ON DOMAIN shop.email IS 'at';
COMMENT ON TRIGGER noted ON shop.customer IS 'off';
COMMENT ON EXTENSION citext IS 'any case';
`;

const ROWS = `
INSERT INTO shop.customer (email, name, feels, home, tags, extra, raw, nick, warm, often, days, search, price, seen, note)
SELECT 'c' || n || '@example.org', E'Näme \\\\ ' || n || E'\\twith\\nlines', (ARRAY['sad','ok','happy']::shop.mood[])[1 + n % 3],
       ROW(n, n + 1, NULL)::shop.point3, ARRAY['x', NULL, '"q"', '\\N'], jsonb_build_object('n', n, 'u', '\\u00e9'),
       decode(md5(n::text), 'hex'), 'NiCk' || n, shop.temperatures(n, n + 0.1), shop.many_temperatures(shop.temperatures(0, n)),
       '{[2020-01-01,2020-02-01),[2021-01-01,)}', to_tsvector('english', 'running dogs ' || n), n * 1.23,
       timestamptz '2026-03-29 00:30:00+00' + n * interval '1 hour 0.000001', xmlparse(content '<a>' || n || '</a>')
  FROM generate_series(1, 40) AS n;
UPDATE shop.customer SET favourite = 5 + 3 * (id % 7);
INSERT INTO shop.purchase (customer_id, placed_on, total, note)
SELECT 5 + 3 * (n % 40), date '2025-06-01' + (n * 5), n * 1.01, CASE WHEN n % 7 = 0 THEN NULL ELSE repeat('é', n % 50) END
  FROM generate_series(1, 150) AS n;
INSERT INTO shop.vote SELECT n, (ARRAY['sad','ok','happy']::shop.mood[])[1 + n % 3] FROM generate_series(1, 30) AS n;
INSERT INTO shop.place VALUES ('de', 'Köln'), (NULL, 'nowhere');
INSERT INTO shop.a VALUES (1, NULL); INSERT INTO shop.b VALUES (1, 1); UPDATE shop.a SET b_id = 1;
INSERT INTO shop.booking VALUES (1, '[2026-01-01,2026-01-02)'), (2, 'empty');
INSERT INTO shop.backward VALUES (1), (2);
INSERT INTO shop.note VALUES (1, 'postgres', 'hidden'), (2, 'someone', NULL);
INSERT INTO shop.nothing DEFAULT VALUES; INSERT INTO shop.nothing DEFAULT VALUES;
INSERT INTO shop.only_generated DEFAULT VALUES;
INSERT INTO shop.scratch VALUES (7);
INSERT INTO "Odd ""Name"""."Tä ble" VALUES ('ß', 1), ('', 2);
INSERT INTO shop.parent_t VALUES (1); INSERT INTO shop.child_t VALUES (2, 'two');
INSERT INTO shop.typed VALUES (1, 2, 'three');
INSERT INTO shop.counted DEFAULT VALUES;
SELECT setval('shop.lonely', 250, false);
SELECT setval('shop.counted_id_seq', 77);
SELECT lo_from_bytea(424242, convert_to(repeat('large object ', 20000), 'UTF8'));
SELECT lo_create(4294967290);
INSERT INTO shop.file VALUES ('scan', 424242), ('empty', 4294967290);
REFRESH MATERIALIZED VIEW shop.revenue; REFRESH MATERIALIZED VIEW shop.a_top;
CREATE PUBLICATION purchases FOR TABLE shop.purchase, shop.a WITH (publish = 'insert, update', publish_via_partition_root);
CREATE PUBLICATION all_of_it FOR ALL TABLES;
CREATE EVENT TRIGGER ddl_seen ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION shop.on_ddl();
ALTER EVENT TRIGGER ddl_seen ENABLE REPLICA;
`;

/** Subscriptions stand in the way of DROP DATABASE; they have no slot anywhere. */
export async function dropCommon(
  admin: pg.Client,
  databases: readonly string[],
  roles: readonly string[],
): Promise<void> {
  for (const name of databases) {
    const { host, port, user } = admin;
    const own = new pg.Client({ host, port, user, password: admin.password ?? "", database: name });
    await own.connect();
    await own.query("DROP SUBSCRIPTION IF EXISTS away");
    await own.end();
    await admin.query(`DROP DATABASE ${name}`);
  }
  for (const role of roles) await admin.query(`DROP ROLE IF EXISTS ${role}`);
}

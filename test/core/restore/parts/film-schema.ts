/** A small rental shop: what a table can have hanging on it, and what it can need. */
export const FILM_SCHEMA = `
CREATE SCHEMA app; CREATE SCHEMA "Odd.Schema";
CREATE TYPE app.rating AS ENUM ('G', 'PG');
CREATE DOMAIN app.year AS int CHECK (VALUE > 1900);
CREATE FUNCTION app.base_price() RETURNS numeric LANGUAGE sql IMMUTABLE AS 'SELECT 2.99';
CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.touched := true; RETURN new; END';
CREATE SEQUENCE app.ticket START 100;
CREATE TABLE app.language (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE app.film (
  film_id serial PRIMARY KEY,
  title text NOT NULL,
  rating app.rating DEFAULT 'G',
  year app.year,
  price numeric DEFAULT app.base_price() CHECK (price > 0),
  ticket bigint DEFAULT nextval('app.ticket'),
  language_id int REFERENCES app.language,
  serial_no int GENERATED ALWAYS AS IDENTITY,
  shout text GENERATED ALWAYS AS (upper(title)) STORED,
  touched boolean DEFAULT false,
  CONSTRAINT film_title_key UNIQUE (title)
);
CREATE INDEX film_lower ON app.film (lower(title));
CREATE INDEX by_year ON app.film (year) WHERE year > 1950;
CREATE STATISTICS app.film_stats ON rating, year FROM app.film;
ALTER TABLE app.film CLUSTER ON film_pkey;
ALTER TABLE app.film REPLICA IDENTITY USING INDEX film_title_key;
CREATE TRIGGER touching BEFORE INSERT ON app.film FOR EACH ROW EXECUTE FUNCTION app.touch();
CREATE POLICY some_only ON app.film USING (film_id IN (SELECT id FROM app.language));
ALTER TABLE app.film ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE app.film IS 'films''s table; not app.film';
COMMENT ON COLUMN app.film.title IS 'as in app.film';
COMMENT ON INDEX app.film_lower IS 'search';
COMMENT ON CONSTRAINT film_title_key ON app.film IS 'one of each';
COMMENT ON CONSTRAINT film_price_check ON app.film IS 'positive';
COMMENT ON STATISTICS app.film_stats IS 'together';
COMMENT ON SEQUENCE app.film_film_id_seq IS 'ids';
GRANT SELECT ON app.film TO pg_monitor; GRANT UPDATE (title) ON app.film TO pg_monitor; GRANT USAGE ON SEQUENCE app.film_film_id_seq TO pg_monitor;
CREATE VIEW app.film_list AS SELECT f.title, l.name FROM app.film f JOIN app.language l ON l.id = f.language_id;
CREATE MATERIALIZED VIEW app.film_count AS SELECT count(*) FROM app.film;
CREATE TABLE app.rental (rental_id int, at date, film_id int, PRIMARY KEY (rental_id, at)) PARTITION BY RANGE (at);
CREATE TABLE app.rental_2025 PARTITION OF app.rental FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE app.rental_2026 PARTITION OF app.rental FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
CREATE TABLE app.rental_rest PARTITION OF app.rental DEFAULT;
CREATE INDEX rental_film ON app.rental (film_id);
ALTER TABLE app.rental ADD FOREIGN KEY (film_id) REFERENCES app.film;
CREATE TABLE app.audit_log (id bigserial PRIMARY KEY, what text);
CREATE TABLE "Odd.Schema"."Ta b""le*" ("I d" serial PRIMARY KEY, "sel ect" text DEFAULT 'it''s');
COMMENT ON COLUMN "Odd.Schema"."Ta b""le*"."sel ect" IS 'x';
CREATE PUBLICATION films FOR TABLE app.film;
INSERT INTO app.language VALUES (1, 'English'), (2, 'German');
INSERT INTO app.film (title, year, language_id) SELECT 'film ' || n, 1901 + n % 120, 1 + n % 2 FROM generate_series(1, 500) n;
UPDATE app.film SET touched = false;
INSERT INTO app.rental SELECT n, date '2025-06-01' + n, 1 + n % 500 FROM generate_series(1, 900) n;
INSERT INTO app.audit_log (what) SELECT 'secret ' || n FROM generate_series(1, 300) n;
INSERT INTO "Odd.Schema"."Ta b""le*" DEFAULT VALUES;
REFRESH MATERIALIZED VIEW app.film_count;
SELECT lo_from_bytea(4711, 'a large object');
`;

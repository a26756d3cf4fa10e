import { sqlTheme } from "./theme.ts";

const ROLES = ["theme_mapped", 'theme "mapped"'] as const;

/** Port 1 of nowhere: whoever contacted it would fail. */
const FOREIGN = `
CREATE EXTENSION postgres_fdw; CREATE SCHEMA there;
CREATE FOREIGN DATA WRAPPER plain OPTIONS (debug 'true', "odd ""option""" 'it''s'); CREATE FOREIGN DATA WRAPPER handled HANDLER public.postgres_fdw_handler VALIDATOR public.postgres_fdw_validator;
CREATE SERVER "odd ""server""" TYPE 'it''s a type' VERSION '7 "b"' FOREIGN DATA WRAPPER plain OPTIONS (host 'nowhere.invalid', password 'sesame');
CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'nowhere.invalid', port '1', dbname 'it''s', use_remote_estimate 'true');
CREATE USER MAPPING FOR theme_mapped SERVER elsewhere OPTIONS (user 'u', password 'open \\ ''sesame'''); CREATE USER MAPPING FOR PUBLIC SERVER elsewhere; CREATE USER MAPPING FOR "theme ""mapped""" SERVER "odd ""server""" OPTIONS (secret 'swordfish'); CREATE USER MAPPING FOR postgres SERVER elsewhere OPTIONS (user 'root');
CREATE FOREIGN TABLE there.remote (id int OPTIONS (column_name 'ID "x"') NOT NULL, v text COLLATE "C" DEFAULT 'v', g int GENERATED ALWAYS AS (id * 2) STORED, CONSTRAINT positive CHECK (id > 0) NO INHERIT) SERVER elsewhere OPTIONS (schema_name 's', table_name 'it''s', fetch_size '7');
CREATE TABLE there.parent (id int); CREATE FOREIGN TABLE there.child (more text) INHERITS (there.parent) SERVER elsewhere;
INSERT INTO there.parent VALUES (1);
ALTER FOREIGN TABLE there.remote ALTER v SET STATISTICS 55, ALTER v SET STORAGE EXTERNAL, ALTER id SET (n_distinct = 3);
CREATE VIEW there.over AS SELECT id FROM there.remote; CREATE MATERIALIZED VIEW there.never AS SELECT id FROM there.remote WITH NO DATA;
CREATE FUNCTION there.on_remote() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'; CREATE TRIGGER watches BEFORE INSERT ON there.remote FOR EACH ROW EXECUTE FUNCTION there.on_remote(); ALTER FOREIGN TABLE there.remote DISABLE TRIGGER watches;
COMMENT ON SERVER elsewhere IS 'elsewhere'; COMMENT ON FOREIGN DATA WRAPPER plain IS 'plain'; COMMENT ON FOREIGN TABLE there.remote IS 'far'; COMMENT ON COLUMN there.remote.v IS 'far column';
GRANT USAGE ON FOREIGN SERVER elsewhere TO theme_mapped; GRANT SELECT ON there.remote TO theme_mapped; ALTER FOREIGN DATA WRAPPER plain OWNER TO postgres; ALTER SERVER elsewhere OWNER TO theme_mapped;
`;

const PUBLICATIONS = `
CREATE TABLE public.p (id int PRIMARY KEY, v text, g int GENERATED ALWAYS AS (id * 2) STORED, secret text); CREATE TABLE public.q (id int PRIMARY KEY) PARTITION BY RANGE (id); CREATE TABLE public.q1 PARTITION OF public.q FOR VALUES FROM (0) TO (100);
CREATE TABLE there.r (id int);
INSERT INTO public.p (id, v) SELECT n, 'v' FROM generate_series(1, 10) n; INSERT INTO public.q VALUES (1), (2);
CREATE PUBLICATION everything FOR ALL TABLES WITH (publish = 'insert, truncate'); CREATE PUBLICATION nothing; CREATE PUBLICATION one_schema FOR TABLES IN SCHEMA there, public WITH (publish_via_partition_root = true);
CREATE PUBLICATION "odd ""pub""" FOR TABLE public.p (id, v) WHERE (id > 5 AND v <> 'it''s'), ONLY public.q1, there.r WHERE (id IS NOT NULL) WITH (publish = 'insert'); CREATE PUBLICATION generated FOR TABLE public.p WITH (publish_generated_columns = stored); CREATE PUBLICATION mixed FOR TABLE public.q, TABLES IN SCHEMA there;
COMMENT ON PUBLICATION everything IS 'everything'; ALTER PUBLICATION nothing OWNER TO theme_mapped;
CREATE STATISTICS there.all_kinds ON id, v FROM public.p; CREATE STATISTICS there."odd ""stats""" (ndistinct, dependencies) ON id, v, secret FROM public.p; CREATE STATISTICS public.of_expressions (mcv) ON (id % 7), (lower(v)), id FROM public.p; CREATE STATISTICS public.of_one ON (length(v)) FROM public.p;
ALTER STATISTICS there.all_kinds SET STATISTICS 123; ALTER STATISTICS public.of_one SET STATISTICS 0; COMMENT ON STATISTICS there.all_kinds IS 'kinds'; ALTER STATISTICS public.of_one OWNER TO postgres;
`;

const CONNECTION = "host=nowhere.invalid port=1 password=opensesame dbname=''it\\''s''";
const SUBSCRIPTIONS = [
  `CREATE SUBSCRIPTION plain CONNECTION '${CONNECTION}' PUBLICATION everything WITH (connect = false)`,
  `CREATE SUBSCRIPTION "odd ""sub""" CONNECTION '${CONNECTION}' PUBLICATION a, "b ""c""" WITH (connect = false, slot_name = 'slot', streaming = on, two_phase = true, disable_on_error = true, origin = none, failover = true, binary = true, synchronous_commit = 'remote_apply', run_as_owner = true, password_required = false)`,
  `CREATE SUBSCRIPTION was_on CONNECTION '${CONNECTION}' PUBLICATION everything WITH (connect = false, slot_name = NONE)`,
  "COMMENT ON SUBSCRIPTION plain IS 'subscribed'; ALTER SUBSCRIPTION plain OWNER TO postgres",
];

/** Servers that nobody may contact, and what tells other servers of rows. */
export const foreign = sqlTheme({
  id: "foreign",
  roles: ROLES,
  sql: [FOREIGN, PUBLICATIONS, ...SUBSCRIPTIONS],
  warnings: ['odd "sub"', "plain", "was_on"].map((name) => new RegExp(`subscription ${name}:? comes back disabled`)),
  check: async ({ query }) => {
    const enabled = await query(
      "SELECT subname FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = subdbid WHERE datname = current_database() AND subenabled",
    );
    if (enabled.length > 0) throw new Error("a subscription came back enabled");
  },
  unmake: async ({ query }) => {
    const names = await query<{ name: string }>(
      "SELECT pg_catalog.quote_ident(subname) AS name FROM pg_catalog.pg_subscription s JOIN pg_catalog.pg_database d ON d.oid = subdbid WHERE datname = current_database()",
    );
    for (const { name } of names) {
      await query(`ALTER SUBSCRIPTION ${name} DISABLE`);
      await query(`ALTER SUBSCRIPTION ${name} SET (slot_name = NONE)`);
      await query(`DROP SUBSCRIPTION ${name}`);
    }
  },
});

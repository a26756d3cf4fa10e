import { sqlTheme } from "./theme.ts";

const ROLES = ["theme_guard", "theme_watched", 'theme "odd"'] as const;

const TRIGGERS = `
CREATE TABLE public.log (id int GENERATED ALWAYS AS IDENTITY, what text);
CREATE TABLE public.item (id int PRIMARY KEY, v text, n int);
CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log (what) VALUES (concat_ws(' ', TG_NAME, TG_OP, TG_LEVEL, TG_ARGV[0], TG_ARGV[1])); RETURN coalesce(NEW, OLD); END $$;
CREATE FUNCTION public.note_rows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log (what) SELECT 'rows ' || count(*) FROM newer; RETURN NULL; END $$;
CREATE TRIGGER a_row BEFORE INSERT OR UPDATE OF v, n ON public.item FOR EACH ROW WHEN (NEW.v IS DISTINCT FROM 'quiet') EXECUTE FUNCTION public.note('it''s', E'a\\\\b\\n"c"');
CREATE TRIGGER "odd ""trigger""" AFTER DELETE OR TRUNCATE ON public.item EXECUTE FUNCTION public.note();
CREATE TRIGGER with_rows AFTER UPDATE ON public.item REFERENCING NEW TABLE AS newer OLD TABLE AS "older ones" FOR EACH STATEMENT EXECUTE FUNCTION public.note_rows();
CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON public.item DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id > 0) EXECUTE FUNCTION public.note();
CREATE CONSTRAINT TRIGGER about_another AFTER UPDATE ON public.item FROM public.log NOT DEFERRABLE FOR EACH ROW EXECUTE FUNCTION public.note();
CREATE TRIGGER off BEFORE INSERT ON public.item EXECUTE FUNCTION public.note(); ALTER TABLE public.item DISABLE TRIGGER off;
CREATE TRIGGER always BEFORE INSERT ON public.item EXECUTE FUNCTION public.note(); ALTER TABLE public.item ENABLE ALWAYS TRIGGER always;
CREATE TRIGGER on_replica BEFORE INSERT ON public.item EXECUTE FUNCTION public.note(); ALTER TABLE public.item ENABLE REPLICA TRIGGER on_replica;
COMMENT ON TRIGGER off ON public.item IS 'is off';
CREATE TABLE public.parted (id int, p int) PARTITION BY LIST (p);
CREATE TABLE public.parted_1 PARTITION OF public.parted FOR VALUES IN (1); CREATE TABLE public.parted_2 PARTITION OF public.parted FOR VALUES IN (2);
CREATE TRIGGER each AFTER INSERT ON public.parted FOR EACH ROW EXECUTE FUNCTION public.note('parted');
CREATE TRIGGER each_off AFTER INSERT ON public.parted FOR EACH ROW EXECUTE FUNCTION public.note('off'); ALTER TABLE public.parted DISABLE TRIGGER each_off;
ALTER TABLE public.parted_2 ENABLE ALWAYS TRIGGER each; ALTER TABLE public.parted_1 DISABLE TRIGGER each; ALTER TABLE public.parted_1 ENABLE REPLICA TRIGGER each_off;
CREATE CONSTRAINT TRIGGER parted_late AFTER INSERT ON public.parted DEFERRABLE FOR EACH ROW EXECUTE FUNCTION public.note('late');
INSERT INTO public.item VALUES (1, 'one', 1), (2, 'quiet', 2); UPDATE public.item SET n = 3; INSERT INTO public.parted VALUES (1, 1), (2, 2);
CREATE TABLE public.fk_parent (id int PRIMARY KEY); CREATE TABLE public.fk_child (p int REFERENCES public.fk_parent);
CREATE TABLE public.clustered (id int PRIMARY KEY); ALTER TABLE public.clustered CLUSTER ON clustered_pkey;
CREATE TRIGGER suppress BEFORE UPDATE ON public.clustered FOR EACH ROW EXECUTE FUNCTION pg_catalog.suppress_redundant_updates_trigger();
`;

const RULES = `
CREATE VIEW public.items AS SELECT id, v FROM public.item;
CREATE TRIGGER instead INSTEAD OF INSERT OR UPDATE OR DELETE ON public.items FOR EACH ROW EXECUTE FUNCTION public.note('instead');
CREATE RULE no_delete AS ON DELETE TO public.log DO INSTEAD NOTHING;
CREATE RULE "also ""log""" AS ON UPDATE TO public.log WHERE OLD.what <> NEW.what DO ALSO (INSERT INTO public.log (what) VALUES ('rule; and ''quotes''' || OLD.id); SELECT 1);
CREATE RULE redirect AS ON INSERT TO public.parted WHERE NEW.p = 3 DO INSTEAD INSERT INTO public.log (what) VALUES ('three');
CREATE RULE told AS ON INSERT TO public.item DO ALSO NOTIFY told;
ALTER TABLE public.log DISABLE RULE no_delete; ALTER TABLE public.log ENABLE ALWAYS RULE "also ""log""";
CREATE RULE on_replica AS ON DELETE TO public.item DO ALSO INSERT INTO public.log (what) VALUES ('gone'); ALTER TABLE public.item ENABLE REPLICA RULE on_replica;
COMMENT ON RULE no_delete ON public.log IS 'never';
CREATE VIEW public.written AS SELECT 1 AS id, ''::text AS what;
CREATE RULE write AS ON INSERT TO public.written DO INSTEAD INSERT INTO public.log (what) VALUES (NEW.what) RETURNING id, what;
CREATE MATERIALIZED VIEW public.counted AS SELECT count(*) FROM public.log;
`;

const ROW_SECURITY = `
CREATE TABLE public.secret (id int, owner text DEFAULT current_user, body text);
INSERT INTO public.secret VALUES (1, 'theme_guard', 'a'), (2, 'theme_watched', 'b'), (3, NULL, 'c');
ALTER TABLE public.secret ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, OWNER TO theme_guard;
CREATE POLICY own_rows ON public.secret USING (owner = current_user) WITH CHECK (body <> E'it''s \\\\');
CREATE POLICY "odd ""policy""" ON public.secret AS RESTRICTIVE FOR UPDATE TO theme_watched, "theme ""odd""" USING (id IN (SELECT i.id FROM public.item i)) WITH CHECK (true);
CREATE POLICY readable ON public.secret AS PERMISSIVE FOR SELECT TO PUBLIC, theme_watched USING (id > 1);
CREATE POLICY insertable ON public.secret FOR INSERT TO current_user WITH CHECK (owner = session_user);
CREATE POLICY deletable ON public.secret FOR DELETE TO theme_guard USING (false);
COMMENT ON POLICY own_rows ON public.secret IS 'their own';
CREATE TABLE public.locked (id int); INSERT INTO public.locked VALUES (1), (2); ALTER TABLE public.locked ENABLE ROW LEVEL SECURITY;
CREATE TABLE public.only_policy (id int); CREATE POLICY asleep ON public.only_policy USING (id = 1);
CREATE TABLE public.forced_only (id int); ALTER TABLE public.forced_only FORCE ROW LEVEL SECURITY;
ALTER TABLE public.parted ENABLE ROW LEVEL SECURITY; CREATE POLICY by_part ON public.parted USING (p = 1);
CREATE FUNCTION public.may(int) RETURNS bool LANGUAGE sql STABLE RETURN EXISTS (SELECT FROM public.item WHERE id = $1);
CREATE POLICY asks ON public.locked TO theme_watched USING (public.may(id));
GRANT SELECT (id), UPDATE (body) ON public.secret TO theme_watched WITH GRANT OPTION;
`;

/** Written as they fire in the source; in the copy they must not have fired. */
const EVENTS = `
CREATE FUNCTION public.on_event() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.log (what) VALUES (tg_event || ' ' || tg_tag); END $$;
CREATE FUNCTION public.refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN IF current_setting('theme.allow', true) IS DISTINCT FROM 'on' THEN RAISE EXCEPTION 'no DDL here: %', tg_tag; END IF; END $$;
CREATE EVENT TRIGGER "a ""start""" ON ddl_command_start WHEN TAG IN ('CREATE TABLE', 'DROP TABLE') EXECUTE FUNCTION public.on_event();
CREATE EVENT TRIGGER ended ON ddl_command_end EXECUTE FUNCTION public.on_event(); ALTER EVENT TRIGGER ended ENABLE ALWAYS;
CREATE EVENT TRIGGER dropped ON sql_drop EXECUTE FUNCTION public.on_event(); ALTER EVENT TRIGGER dropped DISABLE;
CREATE EVENT TRIGGER rewritten ON table_rewrite WHEN TAG IN ('ALTER TABLE') EXECUTE FUNCTION public.on_event(); ALTER EVENT TRIGGER rewritten ENABLE REPLICA;
CREATE EVENT TRIGGER logged_in ON login EXECUTE FUNCTION public.on_event(); ALTER EVENT TRIGGER logged_in DISABLE;
ALTER EVENT TRIGGER rewritten OWNER TO postgres;
COMMENT ON EVENT TRIGGER ended IS 'always';
CREATE EVENT TRIGGER z_refuses ON ddl_command_start EXECUTE FUNCTION public.refuse(); 
`;

export const triggers = sqlTheme({
  id: "triggers",
  roles: ROLES,
  sql: [TRIGGERS, RULES, ROW_SECURITY, EVENTS, "SET theme.allow = on; ALTER EVENT TRIGGER z_refuses ENABLE ALWAYS"],
});

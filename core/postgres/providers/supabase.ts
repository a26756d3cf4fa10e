import type { Provider } from "./types.ts";

/** Supabase. Its administrator is `postgres`, whom the library supautils lends a superuser's rights for some commands. */
export const supabase: Provider = {
  id: "supabase",
  name: "Supabase",
  told: { roles: ["supabase_admin", "authenticator"] },
  roles: ["^supabase_.*$", "^pgbouncer$", "^pgsodium_(keyholder|keyiduser|keymaker)$", "^pgtle_admin$"],
  schemas: [
    ...["auth", "etl", "extensions", "graphql", "graphql_public", "pgbouncer", "pgsodium", "pgsodium_masks", "pgtle"],
    ...["realtime", "storage", "supabase_functions", "vault", "_analytics", "_realtime", "_supavisor"],
  ],
  publications: ["supabase_realtime", "supabase_realtime_messages_publication"],
  eventTriggers: [
    ...["issue_graphql_placeholder", "issue_pg_cron_access", "issue_pg_graphql_access", "issue_pg_net_access"],
    ...["pgrst_ddl_watch", "pgrst_drop_watch"],
  ],
  administrators: ["postgres", "supabase_privileged_role"],
  abilities: ["event trigger", "extension", "foreign-data wrapper", "publication of everything", "subscription"],
  settings: [
    ...["auto_explain.*", "log_lock_waits", "log_min_duration_statement", "log_min_messages", "log_statement"],
    ...["log_temp_files", "pg_stat_statements.*", "pgaudit.*", "pgrst.*", "plan_filter.*", "safeupdate.enabled"],
    ...["session_replication_role", "track_io_timing", "wal_compression"],
  ],
  sources: [
    "https://github.com/supabase/cli pkg/migration/dump.go (schemas and roles that its own dump leaves out)",
    "https://github.com/supabase/supautils README.md (what its privileged role may make)",
    "https://github.com/supabase/postgres ansible/files/postgresql_config/supautils.conf.j2 (who that is; settings)",
    "https://supabase.com/docs/guides/database/postgres/roles-superuser",
  ],
};

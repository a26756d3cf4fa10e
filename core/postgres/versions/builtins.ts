/**
 * What pg_catalog has had since which major version and until which, by name: read off servers of 14 to 18 side by side. What only
 * the server itself calls is left out, and so are names that got another meaning; a test holds the rest against the servers.
 * @module
 */

/** The first major version that has it, and the first one that has it no more; without either, it is older, or still there. */
export interface Lifetime {
  readonly since?: number;
  readonly until?: number;
}

function lifetimes(lists: readonly (readonly [Lifetime, string])[]): ReadonlyMap<string, Lifetime> {
  const entries = lists.flatMap(([lifetime, names]) =>
    names
      .trim()
      .split(/\s+/)
      .map((name) => [name, lifetime] as const),
  );
  const found = new Map<string, Lifetime>();
  for (const [name, lifetime] of entries) found.set(name, { ...found.get(name), ...lifetime });
  return found;
}

/** Functions that somebody may call. */
export const FUNCTIONS: ReadonlyMap<string, Lifetime> = lifetimes([
  [
    { since: 15 },
    `
      has_parameter_privilege pg_backup_start pg_backup_stop pg_database_collation_actual_version pg_get_wal_resource_managers
      pg_ident_file_mappings pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir pg_settings_get_flags
      pg_stat_force_next_flush pg_stat_get_recovery_prefetch pg_stat_get_subscription_stats pg_stat_have_stats
      pg_stat_reset_subscription_stats regexp_count regexp_instr regexp_like regexp_substr`,
  ],
  [
    { until: 15 },
    `
      pg_backup_start_time pg_is_in_backup pg_start_backup pg_stop_backup`,
  ],
  [
    { since: 16 },
    `
      any_value array_sample array_shuffle date_add date_subtract erf erfc json_agg_strict json_object_agg_strict
      json_object_agg_unique json_object_agg_unique_strict jsonb_agg_strict jsonb_object_agg_strict
      jsonb_object_agg_unique jsonb_object_agg_unique_strict pg_input_error_info pg_input_is_valid
      pg_log_standby_snapshot pg_split_walfile_name pg_stat_get_backend_subxact pg_stat_get_db_conflict_logicalslot
      pg_stat_get_io pg_stat_get_lastscan pg_stat_get_tuples_newpage_updated
      pg_stat_get_xact_tuples_newpage_updated random_normal system_user`,
  ],
  [
    { since: 17 },
    `
      icu_unicode_version jsonb_populate_record_valid pg_available_wal_summaries pg_basetype
      pg_column_toast_chunk_id pg_get_wait_events pg_get_wal_summarizer_state
      pg_stat_get_checkpointer_buffers_written pg_stat_get_checkpointer_num_requested
      pg_stat_get_checkpointer_num_timed pg_stat_get_checkpointer_restartpoints_performed
      pg_stat_get_checkpointer_restartpoints_requested pg_stat_get_checkpointer_restartpoints_timed
      pg_stat_get_checkpointer_stat_reset_time pg_stat_get_checkpointer_sync_time
      pg_stat_get_checkpointer_write_time pg_sync_replication_slots pg_wal_summary_contents to_bin to_oct
      to_regtypemod unicode_assigned unicode_version uuid_extract_timestamp uuid_extract_version xmltext`,
  ],
  [
    { until: 17 },
    `
      pg_read_file_old pg_rotate_logfile_old pg_stat_get_bgwriter_buf_written_checkpoints
      pg_stat_get_bgwriter_requested_checkpoints pg_stat_get_bgwriter_timed_checkpoints
      pg_stat_get_buf_fsync_backend pg_stat_get_buf_written_backend pg_stat_get_checkpoint_sync_time
      pg_stat_get_checkpoint_write_time`,
  ],
  [
    { since: 18 },
    `
      array_reverse array_sort casefold crc32 crc32c gamma has_largeobject_privilege lgamma pg_get_acl pg_get_aios
      pg_get_loaded_modules pg_get_sequence_data pg_get_shmem_allocations_numa pg_ls_summariesdir pg_numa_available
      pg_stat_get_backend_io pg_stat_get_backend_wal pg_stat_get_checkpointer_num_performed
      pg_stat_get_checkpointer_slru_written pg_stat_get_db_parallel_workers_launched
      pg_stat_get_db_parallel_workers_to_launch pg_stat_get_total_analyze_time pg_stat_get_total_autoanalyze_time
      pg_stat_get_total_autovacuum_time pg_stat_get_total_vacuum_time pg_stat_reset_backend_stats uuidv4 uuidv7`,
  ],
]);

/** Tables and views. */
export const RELATIONS: ReadonlyMap<string, Lifetime> = lifetimes([
  [
    { since: 15 },
    `
      pg_ident_file_mappings pg_parameter_acl pg_publication_namespace pg_stat_recovery_prefetch
      pg_stat_subscription_stats`,
  ],
  [
    { since: 16 },
    `
      pg_stat_io`,
  ],
  [
    { since: 17 },
    `
      pg_stat_checkpointer pg_wait_events`,
  ],
  [
    { since: 18 },
    `
      pg_aios pg_shmem_allocations_numa`,
  ],
]);

/** Columns of tables and views that are older, or stay: `relation.column`. */
export const COLUMNS: ReadonlyMap<string, Lifetime> = lifetimes([
  [
    { since: 15 },
    `
      pg_collation.colliculocale pg_constraint.confdelsetcols pg_database.datcollversion pg_database.daticulocale
      pg_database.datlocprovider pg_index.indnullsnotdistinct pg_publication_rel.prattrs pg_publication_rel.prqual
      pg_publication_tables.attnames pg_publication_tables.rowfilter pg_statistic_ext_data.stxdinherit
      pg_stats_ext.inherited pg_stats_ext_exprs.inherited pg_subscription.subdisableonerr
      pg_subscription.subskiplsn pg_subscription.subtwophasestate`,
  ],
  [
    { until: 15 },
    `
      pg_database.datlastsysoid`,
  ],
  [
    { since: 16 },
    `
      pg_auth_members.inherit_option pg_auth_members.oid pg_auth_members.set_option pg_collation.collicurules
      pg_database.daticurules pg_hba_file_rules.file_name pg_hba_file_rules.rule_number
      pg_ident_file_mappings.file_name pg_ident_file_mappings.map_number pg_prepared_statements.result_types
      pg_replication_slots.conflicting pg_stat_all_indexes.last_idx_scan pg_stat_all_tables.last_idx_scan
      pg_stat_all_tables.last_seq_scan pg_stat_all_tables.n_tup_newpage_upd
      pg_stat_database_conflicts.confl_active_logicalslot pg_stat_gssapi.credentials_delegated
      pg_stat_subscription.leader_pid pg_stat_sys_indexes.last_idx_scan pg_stat_sys_tables.last_idx_scan
      pg_stat_sys_tables.last_seq_scan pg_stat_sys_tables.n_tup_newpage_upd pg_stat_user_indexes.last_idx_scan
      pg_stat_user_tables.last_idx_scan pg_stat_user_tables.last_seq_scan pg_stat_user_tables.n_tup_newpage_upd
      pg_stat_xact_all_tables.n_tup_newpage_upd pg_stat_xact_sys_tables.n_tup_newpage_upd
      pg_stat_xact_user_tables.n_tup_newpage_upd pg_subscription.suborigin pg_subscription.subpasswordrequired
      pg_subscription.subrunasowner`,
  ],
  [
    { since: 17 },
    `
      pg_collation.colllocale pg_database.dathasloginevt pg_database.datlocale pg_replication_slots.failover
      pg_replication_slots.inactive_since pg_replication_slots.invalidation_reason pg_replication_slots.synced
      pg_stat_progress_copy.tuples_skipped pg_stat_progress_vacuum.dead_tuple_bytes
      pg_stat_progress_vacuum.indexes_processed pg_stat_progress_vacuum.indexes_total
      pg_stat_progress_vacuum.max_dead_tuple_bytes pg_stat_progress_vacuum.num_dead_item_ids
      pg_stat_subscription.worker_type pg_stats.range_bounds_histogram pg_stats.range_empty_frac
      pg_stats.range_length_histogram pg_subscription.subfailover`,
  ],
  [
    { until: 17 },
    `
      pg_collation.colliculocale pg_database.daticulocale pg_stat_bgwriter.buffers_backend
      pg_stat_bgwriter.buffers_backend_fsync pg_stat_bgwriter.buffers_checkpoint
      pg_stat_bgwriter.checkpoint_sync_time pg_stat_bgwriter.checkpoint_write_time pg_stat_bgwriter.checkpoints_req
      pg_stat_bgwriter.checkpoints_timed pg_stat_progress_vacuum.max_dead_tuples
      pg_stat_progress_vacuum.num_dead_tuples`,
  ],
  [
    { since: 18 },
    `
      pg_backend_memory_contexts.path pg_backend_memory_contexts.type pg_class.relallfrozen
      pg_constraint.conenforced pg_constraint.conperiod pg_publication.pubgencols pg_replication_slots.two_phase_at
      pg_stat_all_tables.total_analyze_time pg_stat_all_tables.total_autoanalyze_time
      pg_stat_all_tables.total_autovacuum_time pg_stat_all_tables.total_vacuum_time pg_stat_checkpointer.num_done
      pg_stat_checkpointer.slru_written pg_stat_database.parallel_workers_launched
      pg_stat_database.parallel_workers_to_launch pg_stat_io.extend_bytes pg_stat_io.read_bytes
      pg_stat_io.write_bytes pg_stat_progress_analyze.delay_time pg_stat_progress_vacuum.delay_time
      pg_stat_subscription_stats.confl_delete_missing pg_stat_subscription_stats.confl_delete_origin_differs
      pg_stat_subscription_stats.confl_insert_exists pg_stat_subscription_stats.confl_multiple_unique_conflicts
      pg_stat_subscription_stats.confl_update_exists pg_stat_subscription_stats.confl_update_missing
      pg_stat_subscription_stats.confl_update_origin_differs pg_stat_sys_tables.total_analyze_time
      pg_stat_sys_tables.total_autoanalyze_time pg_stat_sys_tables.total_autovacuum_time
      pg_stat_sys_tables.total_vacuum_time pg_stat_user_tables.total_analyze_time
      pg_stat_user_tables.total_autoanalyze_time pg_stat_user_tables.total_autovacuum_time
      pg_stat_user_tables.total_vacuum_time`,
  ],
  [
    { until: 18 },
    `
      pg_attribute.attcacheoff pg_backend_memory_contexts.parent pg_stat_io.op_bytes pg_stat_wal.wal_sync
      pg_stat_wal.wal_sync_time pg_stat_wal.wal_write pg_stat_wal.wal_write_time`,
  ],
]);

/** Settings that somebody may set for a session, a function, a role or a database. */
export const SETTINGS: ReadonlyMap<string, Lifetime> = lifetimes([
  [
    { since: 15 },
    `
      recursive_worktable_factor stats_fetch_consistency`,
  ],
  [
    { since: 16 },
    `
      createrole_self_grant debug_logical_replication_streaming debug_parallel_query enable_presorted_aggregate
      icu_validation_level scram_iterations vacuum_buffer_usage_limit`,
  ],
  [
    { until: 16 },
    `
      force_parallel_mode`,
  ],
  [
    { since: 17 },
    `
      enable_group_by_reordering event_triggers io_combine_limit transaction_timeout`,
  ],
  [
    { since: 18 },
    `
      enable_distinct_reordering enable_self_join_elimination extension_control_path file_copy_method
      log_lock_failures md5_password_warnings track_cost_delay_timing vacuum_max_eager_freeze_failure_rate
      vacuum_truncate`,
  ],
]);

/** What a run can live with but an operator should know before the day of the restore. @module */
import type { Choice } from "../../parts/choice.ts";
import { dumpedRelations } from "../relations.ts";
import type { Session } from "../session.ts";
import { collectNotDumped } from "./not-dumped.ts";

export interface Warning {
  readonly code: string;
  readonly message: string;
  /** The object it is about, where there is one. */
  readonly object?: string;
}

interface Facts {
  readonly unlogged: string[];
  readonly foreign: string[];
  readonly unpopulated: string[];
  readonly extensions: string[];
  readonly prepared: string[];
  readonly unloadable: string[];
  readonly isStandby: boolean;
  readonly [field: string]: unknown;
}

/** Types of the catalogs whose values the server shows and takes from nobody; a user's table may have copies of such values. */
const SHOWN_ONLY =
  "('pg_node_tree', 'pg_ndistinct', 'pg_dependencies', 'pg_mcv_list', 'pg_brin_bloom_summary', 'pg_brin_minmax_multi_summary')";

/** 14's last minor release is of November 2026. */
const OLDEST_SUPPORTED = 150000;

export async function collectWarnings(session: Session, choice?: Choice): Promise<Warning[]> {
  const named = (where: string): string =>
    `ARRAY(SELECT format('%I.%I', n.nspname, c.relname) FROM dumped JOIN pg_class c USING (oid)
           JOIN pg_namespace n ON n.oid = c.relnamespace WHERE ${where} ORDER BY 1)`;
  const rows = await session.query<Facts>(
    `WITH ${dumpedRelations(choice)}
     SELECT ${named("c.relkind = 'r' AND c.relpersistence = 'u'")} AS unlogged,
            ${named("c.relkind = 'f'")} AS foreign,
            ${named("c.relkind = 'm' AND NOT c.relispopulated")} AS unpopulated,
            ARRAY(SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1) AS extensions,
            ARRAY(SELECT gid FROM pg_prepared_xacts WHERE database = current_database() ORDER BY 1) AS prepared,
            ARRAY(SELECT format('%I.%I.%I', n.nspname, c.relname, a.attname) FROM dumped JOIN pg_class c USING (oid)
                    JOIN pg_namespace n ON n.oid = c.relnamespace
                    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                    JOIN pg_type t ON t.oid = a.atttypid AND t.typnamespace = 'pg_catalog'::regnamespace
                   WHERE c.relkind = 'r' AND t.typname IN ${SHOWN_ONLY} ORDER BY 1) AS unloadable,
            pg_is_in_recovery() AS "isStandby"`,
  );
  const facts = rows[0];
  if (facts === undefined) return [];
  return [...aboutServer(session, facts), ...aboutContents(facts), ...(await collectNotDumped(session))];
}

function aboutServer(session: Session, { isStandby }: Facts): Warning[] {
  const warnings: Warning[] = [];
  if (session.serverVersion < OLDEST_SUPPORTED) {
    warnings.push({ code: "server-version-unsupported", message: "PostgreSQL 14 is read as long as that works" });
  }
  if (isStandby) {
    warnings.push({ code: "source-is-standby", message: "replay may cancel a long run; sequences may lag behind" });
  }
  if (session.isProxied) {
    warnings.push({
      code: "source-behind-proxy",
      message: "a pooler or proxy stands between; it must keep sessions open",
    });
  }
  if (session.encoding === "SQL_ASCII") {
    warnings.push({ code: "encoding-unknown", message: "SQL_ASCII: bytes are kept as they are, whatever they mean" });
  }
  return warnings;
}

function aboutContents({ unlogged, foreign, unpopulated, extensions, prepared, unloadable }: Facts): Warning[] {
  const each = (code: string, message: string, objects: readonly string[]): Warning[] =>
    objects.map((object) => ({ code, message, object }));
  return [
    ...each("table-unlogged", "its rows are backed up, but the server itself loses them in a crash", unlogged),
    ...each("table-foreign", "its definition is backed up, its rows are on another server", foreign),
    ...each("matview-not-populated", "it holds no data and is restored without", unpopulated),
    ...each("extension-needed", "the target's server must offer this extension", extensions),
    ...each(
      "column-not-loadable",
      "no server takes values of its type: rows that have one cannot be restored",
      unloadable,
    ),
    ...each("transaction-prepared", "prepared and undecided: not in the restore point", prepared),
  ];
}

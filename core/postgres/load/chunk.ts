/**
 * One chunk into the target: its rows and its row in the marker in one transaction, so that it is in once or not at all.
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { IntegrityError, PreconditionError, TimeBudgetError } from "../../errors.ts";
import { mapPostgresError } from "../errors.ts";
import type { Session } from "../session.ts";
import { qualifiedName, quoteLiteral, quoteName } from "../sql.ts";
import { copyIn } from "./copy-in.ts";
import { assertSameRestorePoint, MARKER_SCHEMA, type MarkerIdentity, readMarker } from "./marker.ts";
import { rowTargets } from "./row-target.ts";
import { type Slice, SliceReader } from "./slices.ts";
import { usePath } from "./source-path.ts";

/** One table's rows within a chunk. */
export interface RowSlice extends Slice {
  readonly schema: string;
  readonly name: string;
  /** The columns in the text, in its order; generated ones are not in it. */
  readonly columns: readonly string[];
  readonly rows: number;
}

/** Rows of a table that is not restored. */
export interface PassedSlice extends Slice {
  readonly isPassedBy: true;
}

export interface TurnOptions {
  /** Until when to wait for another session that is loading the same chunk. */
  readonly deadline?: AbortSignal;
  /** How long that session may stand still before it is ended. */
  readonly stallMillis?: number;
}

/** What is loaded: chunk `n` of which restore point. */
export interface ChunkOf extends TurnOptions {
  readonly n: number;
  readonly of: MarkerIdentity;
}

export interface LoadChunkInput extends ChunkOf {
  /** Under which the rows' own functions find names. Default: none. */
  readonly searchPath?: string | undefined;
  /** The encoding of the text, by PostgreSQL's name: that of the source's server. */
  readonly encoding: string;
  /** In order of their offsets, contiguous from 0. */
  readonly slices: readonly (RowSlice | PassedSlice)[];
  /** Called once the chunk is known not to be loaded; gives the whole plaintext. */
  readonly open: () => AsyncIterable<Uint8Array>;
}

export type Loaded = { readonly state: "loaded" | "already-loaded"; readonly rows: number };

/**
 * Loads a chunk. Idempotent: a repeated or doubled call loads nothing.
 * @throws IntegrityError when the bytes or the number of rows are not the manifest's; nothing of the chunk is kept then.
 * @throws TimeBudgetError `chunk-in-progress` when another session is still loading it at the deadline.
 */
export async function loadChunk(session: Session, input: LoadChunkInput): Promise<Loaded> {
  const targets = await rowTargets(
    session,
    input.slices.flatMap((slice) => ("isPassedBy" in slice ? [] : [slice])),
  );
  return loadOnce(session, input, async () => {
    const reader = new SliceReader(input.n, input.open());
    try {
      if (input.searchPath !== undefined) await session.query(usePath(input.searchPath, true));
      let rows = 0;
      for (const slice of input.slices) {
        if ("isPassedBy" in slice) {
          await reader.pass(slice);
          continue;
        }
        const what = `chunk ${input.n} into ${qualifiedName(slice)}`;
        const statement = copyStatement(
          targets.get(slice) ?? slice,
          slice.columns,
          textEncoding(session, input.encoding),
        );
        const got = await copyIn(session.client, statement, reader.read(slice)).catch((error: unknown) => {
          throw mapPostgresError(error, what);
        });
        assertRows(what, got, slice.rows);
        rows += got;
      }
      await reader.finish();
      return rows;
    } finally {
      await reader.close();
    }
  });
}

/**
 * The encoding that COPY is told. Text from SQL_ASCII may be in any or none, and the server would store it unchecked, also bytes
 * that its own encoding does not have: as its own it is checked.
 */
function textEncoding(session: Session, encoding: string): string {
  return encoding === "SQL_ASCII" ? session.encoding : encoding;
}

/** A statement that takes the text of a dump; a table without columns has a line per row and nothing to name. */
function copyStatement(
  relation: { readonly schema: string; readonly name: string },
  columns: readonly string[],
  encoding: string,
): string {
  const list = columns.length === 0 ? "" : ` (${columns.map(quoteName).join(", ")})`;
  return `COPY ${qualifiedName(relation)}${list} FROM STDIN (FORMAT text, ENCODING ${quoteLiteral(encoding)})`;
}

function assertRows(what: string, got: number, expected: number): void {
  if (got === expected) return;
  throw new IntegrityError("chunk-rows-mismatch", `${what}: ${got} rows were loaded, the manifest says ${expected}`);
}

/**
 * The marker's row of this restore point is held to the end of the transaction: the call of a restore that was stopped, come
 * late into a target that another restore has begun to fill meanwhile, loads nothing and counts as nothing.
 */
const CLAIM = `
INSERT INTO ${MARKER_SCHEMA}.chunk (n, rows)
SELECT $1, -1 FROM (
  SELECT FROM ${MARKER_SCHEMA}.restore_point WHERE source = $2 AND restore_point_id = $3 AND is_ready FOR KEY SHARE
) AS held
ON CONFLICT DO NOTHING RETURNING n`;

/** Rows of the same restore point's earlier restore: the table they go to is about to be dropped. */
function emptied({ settings }: Session): PreconditionError {
  const message = `database ${settings.database} is being emptied for another restore`;
  return new PreconditionError("target-incomplete", message, {
    hint: "Let that restore end, or restore into another database.",
  });
}

/**
 * Runs `work` in the transaction that also notes chunk `n` as loaded. An attempt whose client has gone blocks this one until
 * the server notices; one that waits for its client and gets no further is ended.
 * @throws PreconditionError `target-incomplete` when the target is another restore point's by now
 */
export async function loadOnce(session: Session, input: ChunkOf, work: () => Promise<number>): Promise<Loaded> {
  const { n, of } = input;
  await takeTurn(session, n, input);
  try {
    await session.query("BEGIN");
    const [claimed] = await session.query(CLAIM, [n, of.source, of.restorePointId]);
    if (claimed === undefined) {
      const marker = await readMarker(session);
      if (marker !== undefined) assertSameRestorePoint(marker, of);
      if (marker?.isReady !== true) throw emptied(session);
      const [row] = await session.query<{ rows: string }>(`SELECT rows FROM ${MARKER_SCHEMA}.chunk WHERE n = $1`, [n]);
      await session.query("ROLLBACK");
      return { state: "already-loaded", rows: Number(row?.rows) };
    }
    const rows = await work();
    await session.query(`UPDATE ${MARKER_SCHEMA}.chunk SET rows = $2 WHERE n = $1`, [n, rows]);
    await session.query("COMMIT");
    return { state: "loaded", rows };
  } catch (error) {
    await session.query("ROLLBACK").catch(() => {});
    throw error;
  } finally {
    // Where the connection is gone the lock is gone with it.
    await session.query("SELECT pg_catalog.pg_advisory_unlock($1, $2)", [LOCK_SPACE, n]).catch(() => {});
  }
}

/** "chnk" in ASCII, apart from the steps' locks. */
const LOCK_SPACE = 0x63686e6b;
const POLL_MILLIS = 500;
/** Without a byte for so long an attempt counts as abandoned: far longer than a store takes to answer a retried request. */
const STALL_MILLIS = 15_000;

/**
 * Takes the chunk's turn (a session's advisory lock). Another session that has it and reads no further is taken for one whose
 * client is gone, and terminated: without that, the server would wait for the connection's keep-alive.
 */
async function takeTurn(session: Session, n: number, { deadline, stallMillis }: TurnOptions): Promise<void> {
  const mostStalls = Math.ceil((stallMillis ?? STALL_MILLIS) / POLL_MILLIS);
  let seen = "";
  let stalls = 0;
  for (;;) {
    const [turn] = await session.query<{ granted: boolean }>(
      "SELECT pg_catalog.pg_try_advisory_lock($1, $2) AS granted",
      [LOCK_SPACE, n],
    );
    if (turn?.granted === true) return;
    const [progress] = await session.query<{ pid: number | null; state: string; isComputing: boolean }>(HOLDER, [
      LOCK_SPACE,
      n,
    ]);
    stalls = progress?.state === seen && !progress.isComputing ? stalls + 1 : 0;
    seen = progress?.state ?? "";
    if (stalls >= mostStalls && progress?.pid != null) {
      await session.query("SELECT pg_catalog.pg_terminate_backend($1)", [progress.pid]);
      stalls = 0;
    }
    if (deadline?.aborted === true) {
      throw new TimeBudgetError("chunk-in-progress", `chunk ${n} is still being loaded by another session`);
    }
    await sleep(POLL_MILLIS);
  }
}

/** Who has the chunk's turn, and how far it is. */
const HOLDER = `
SELECT l.pid, pg_catalog.concat_ws('/', l.pid, a.state, a.query_start, p.relid, p.bytes_processed) AS state,
       -- A statement that takes nothing from its client ends by itself, client or not.
       coalesce(a.state = 'active' AND p.pid IS NULL, false) AS "isComputing"
  FROM pg_catalog.pg_locks l
  LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
  LEFT JOIN pg_catalog.pg_stat_progress_copy p ON p.pid = l.pid
 WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 2
   AND l.classid = $1::pg_catalog.oid AND l.objid = $2::pg_catalog.oid
   AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())`;

/**
 * Large objects under the oids they had: rows that refer to them hold those.
 * @module
 */
import { IntegrityError } from "../../errors.ts";
import { mapPostgresError } from "../errors.ts";
import type { Session } from "../session.ts";
import { quoteLiteral } from "../sql.ts";
import { type ChunkOf, type Loaded, loadOnce } from "./chunk.ts";
import { copyIn } from "./copy-in.ts";
import { type Slice, SliceReader } from "./slices.ts";

export interface LargeObjectSlice extends Slice {
  /** Pieces, not objects: one row per piece. */
  readonly rows: number;
}

export interface LoadLargeObjectsInput extends ChunkOf {
  readonly encoding: string;
  readonly slices: readonly LargeObjectSlice[];
  readonly open: () => AsyncIterable<Uint8Array>;
}

const STAGE = "pg_temp.holdfast_large_object_piece";

/**
 * Creating by a fixed oid is not concurrent: an object whose pieces lie in two chunks would be made twice. Chunks are ranges
 * of oids, so it is the first or the last of each: whoever comes second with it waits, as long as the first one's
 * transaction lasts, and nobody else does. Always in the order of the oids, so that none waits for another in a circle.
 */
const CREATE_MISSING = `
SELECT pg_catalog.lo_create(oid)
  FROM (SELECT DISTINCT loid AS oid FROM ${STAGE} ORDER BY 1) AS wanted
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid = wanted.oid)`;
const CREATION_LOCKS = `
SELECT pg_catalog.pg_advisory_xact_lock((1751935843::bigint << 32) | oid::bigint)
  FROM (SELECT DISTINCT oid FROM (SELECT pg_catalog.min(loid) AS oid FROM ${STAGE} UNION ALL SELECT pg_catalog.max(loid) FROM ${STAGE}) AS ends
         WHERE oid IS NOT NULL ORDER BY 1) AS ordered`;
const PUT = `SELECT pg_catalog.lo_put(loid, byte_offset, data) FROM ${STAGE} WHERE pg_catalog.length(data) > 0 ORDER BY loid, byte_offset`;

/**
 * Loads a chunk of pieces `(loid, byte_offset, data)`. Idempotent as `loadChunk`. No table of the system is written, which
 * managed servers forbid.
 * @throws IntegrityError when bytes or pieces are not the manifest's
 */
export async function loadLargeObjects(session: Session, input: LoadLargeObjectsInput): Promise<Loaded> {
  const what = `large objects of chunk ${input.n}`;
  const copy = `COPY ${STAGE} FROM STDIN (FORMAT text, ENCODING ${quoteLiteral(input.encoding)})`;
  return loadOnce(session, input, async () => {
    const reader = new SliceReader(input.n, input.open());
    try {
      await session.query(
        `CREATE TEMPORARY TABLE holdfast_large_object_piece (loid oid, byte_offset bigint, data bytea) ON COMMIT DROP`,
      );
      let rows = 0;
      for (const slice of input.slices) {
        const got = await copyIn(session.client, copy, reader.read(slice));
        if (got !== slice.rows) {
          const message = `${what}: ${got} pieces were loaded, the manifest says ${slice.rows}`;
          throw new IntegrityError("chunk-rows-mismatch", message);
        }
        rows += got;
      }
      await reader.finish();
      for (const statement of ["SET LOCAL lock_timeout = 0", CREATION_LOCKS, CREATE_MISSING, PUT])
        await session.client.query(statement);
      return rows;
    } catch (error) {
      throw mapPostgresError(error, what);
    } finally {
      await reader.close();
    }
  });
}

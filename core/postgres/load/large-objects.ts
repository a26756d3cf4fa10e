/**
 * Large objects under the oids they had: rows that refer to them hold those.
 * @module
 */
import { IntegrityError } from "../../errors.ts";
import { mapPostgresError } from "../errors.ts";
import type { Session } from "../session.ts";
import { quoteLiteral } from "../sql.ts";
import { type Loaded, loadOnce, type TurnOptions } from "./chunk.ts";
import { copyIn } from "./copy-in.ts";
import { type Slice, SliceReader } from "./slices.ts";

export interface LargeObjectSlice extends Slice {
  /** Pieces, not objects: one row per piece. */
  readonly rows: number;
}

export interface LoadLargeObjectsInput extends TurnOptions {
  readonly n: number;
  readonly encoding: string;
  readonly slices: readonly LargeObjectSlice[];
  readonly open: () => AsyncIterable<Uint8Array>;
}

const STAGE = "pg_temp.holdfast_large_object_piece";

/**
 * Creating by a fixed oid is not concurrent: an object whose pieces lie in two chunks would be made twice. Whoever comes
 * second waits here until the first transaction has ended.
 */
const CREATE_MISSING = `
SELECT pg_catalog.lo_create(oid)
  FROM (SELECT DISTINCT loid AS oid FROM ${STAGE} ORDER BY 1) AS wanted
 WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_largeobject_metadata m WHERE m.oid = wanted.oid)`;
const CREATION_LOCK = "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtext('holdfast large objects'))";
const PUT = `SELECT pg_catalog.lo_put(loid, byte_offset, data) FROM ${STAGE} WHERE pg_catalog.length(data) > 0 ORDER BY loid, byte_offset`;

/**
 * Loads a chunk of pieces `(loid, byte_offset, data)`. Idempotent as `loadChunk`. No table of the system is written, which
 * managed servers forbid.
 * @throws IntegrityError when bytes or pieces are not the manifest's
 */
export async function loadLargeObjects(session: Session, input: LoadLargeObjectsInput): Promise<Loaded> {
  const what = `large objects of chunk ${input.n}`;
  const copy = `COPY ${STAGE} FROM STDIN (FORMAT text, ENCODING ${quoteLiteral(input.encoding)})`;
  return loadOnce(session, input.n, input, async () => {
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
      for (const statement of [CREATION_LOCK, CREATE_MISSING, PUT]) await session.client.query(statement);
      return rows;
    } catch (error) {
      throw mapPostgresError(error, what);
    } finally {
      await reader.close();
    }
  });
}

/**
 * What a server takes for white space beyond ASCII's.
 * @module
 */
import type { Session } from "../session.ts";

/**
 * Bytes above 127 that put a field of a record into quotes. It is the locale that says so, hence none in encodings of several
 * bytes to a character, where a byte alone is none; and on Linux none in any of its locales.
 */
export async function spacesOf(session: Session): Promise<number[]> {
  const rows = await session.query<{ byte: number }>(`
    SELECT byte FROM pg_catalog.generate_series(128, 255) AS byte
     WHERE pg_catalog.pg_encoding_max_length(pg_catalog.pg_char_to_encoding(pg_catalog.getdatabaseencoding())) = 1
       AND pg_catalog.strpos(ROW(pg_catalog.convert_from(pg_catalog.set_byte('\\x00'::pg_catalog.bytea, 0, byte),
             pg_catalog.getdatabaseencoding()))::pg_catalog.text, '"') > 0`);
  return rows.map(({ byte }) => byte);
}

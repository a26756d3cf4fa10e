/** In a database without an encoding: whether what is read from its catalogs is text. @module */
import { PreconditionError } from "../../errors.ts";
import { decodeText } from "../ddl/archive/text.ts";
import { DUMPED_RELATIONS } from "../relations.ts";
import type { Session } from "../session.ts";

/** How many a message names. */
const NAMED = 5;
const NO_ENCODING = "SQL_ASCII";

/**
 * Names, and remarks that are in no schema archive, that have bytes beyond ASCII; in hexadecimal, because the server would send
 * them as UTF-8 or refuse to. Other names and definitions are in the archive only, which keeps bytes as they are.
 */
const BEYOND_ASCII = `
WITH ${DUMPED_RELATIONS}, found (what, bytes) AS (
  SELECT 'schema', n.nspname::text FROM pg_namespace n WHERE n.oid IN (SELECT c.relnamespace FROM dumped JOIN pg_class c USING (oid))
  UNION ALL
  SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, n.nspname || '.' || c.relname
    FROM dumped JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'm', 'f', 'S')
  UNION ALL
  SELECT 'column', n.nspname || '.' || c.relname || '.' || a.attname
    FROM dumped JOIN pg_class c USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
   WHERE c.relkind IN ('r', 'p', 'm', 'f')
  UNION ALL
  SELECT 'comment of large object ' || objoid, description FROM pg_description WHERE classoid = 'pg_largeobject'::regclass
  UNION ALL
  SELECT 'comment of the database', shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()
  UNION ALL
  SELECT 'setting of the database', setting FROM pg_database d JOIN pg_db_role_setting s ON s.setdatabase = d.oid
   CROSS JOIN unnest(s.setconfig) AS setting WHERE d.datname = current_database()
)
SELECT what, encode(convert_to(bytes, '${NO_ENCODING}'), 'hex') AS hex FROM found WHERE bytes !~ '^[\\u0001-\\u007f]*$' ORDER BY 1, 2`;

/** @throws PreconditionError `name-not-utf8` */
export async function checkNames(session: Session): Promise<void> {
  if (session.encoding !== NO_ENCODING) return;
  const found = await session.query<{ what: string; hex: string }>(BEYOND_ASCII);
  const unreadable = found.flatMap(({ what, hex }) => {
    const text = decodeText(Buffer.from(hex, "hex"));
    return text.isWellFormed() ? [] : [`${what} ${printable(text)}`];
  });
  if (unreadable.length === 0) return;
  const more = unreadable.length > NAMED ? ` and ${unreadable.length - NAMED} more` : "";
  const message = `not UTF-8 in a database without an encoding: ${unreadable.slice(0, NAMED).join(", ")}${more}`;
  throw new PreconditionError("name-not-utf8", message, {
    hint: "Rename it, or say it anew, in UTF-8; rows and definitions may hold any bytes.",
  });
}

/** `pr\xe9x` */
function printable(text: string): string {
  return text.replaceAll(/[\udc80-\udcff]/g, (byte) => `\\x${(byte.charCodeAt(0) - 0xdc00).toString(16)}`);
}

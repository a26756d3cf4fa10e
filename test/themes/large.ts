import { sqlTheme, type Theme } from "./theme.ts";

const MIB = 1024 * 1024;

/** A row of about so much COPY text in columns of several kinds, none of which says how it is stored. */
export function largeRow(table: string, textMib: number): string {
  const third = Math.floor((textMib * MIB) / 3);
  return `
CREATE TABLE ${table} (id int PRIMARY KEY, bytes bytea STORAGE EXTERNAL, quoted text STORAGE EXTERNAL, packed text, empty text, missing text);
INSERT INTO ${table} VALUES (1, decode(repeat('00ff5c0a', ${Math.floor(third / 8)}), 'hex'), repeat(E'"\\\\\\n\\t,()', ${Math.floor(third / 11)}), repeat('x', ${third}), '', NULL), (2, '', '', NULL, '', NULL);`;
}

/** Large objects: above 100 MB, with holes, empty, thousands of small ones, under the highest oids; with owners, rights, comments. */
const LARGE_OBJECTS = `
SELECT lo_create(2147483648);
DO $$BEGIN FOR n IN 0..7 LOOP
  PERFORM lo_put(2147483648, n * 15 * ${MIB}::bigint, decode(repeat(md5(n::text), ${MIB / 16}), 'hex'));
END LOOP; END$$;
SELECT lo_create(4294967295), lo_create(4294967294), lo_create(70000), lo_create(70001);
SELECT lo_put(4294967295, 3000000, '\\x5c0a'), lo_put(4294967295, 7000000, '\\x00');
SELECT lo_put(70000, 2048, '\\x01');
SELECT lo_from_bytea(100000 + n, decode(repeat(md5(n::text), n % 40), 'hex')) FROM generate_series(1, 3000) AS n;
ALTER LARGE OBJECT 2147483648 OWNER TO theme_large_owner;
ALTER LARGE OBJECT 70001 OWNER TO theme_large_owner;
GRANT SELECT ON LARGE OBJECT 2147483648 TO theme_large_reader WITH GRANT OPTION;
GRANT UPDATE ON LARGE OBJECT 4294967295 TO PUBLIC;
REVOKE ALL ON LARGE OBJECT 100001 FROM CURRENT_USER;
COMMENT ON LARGE OBJECT 4294967295 IS 'holes';
COMMENT ON LARGE OBJECT 70001 IS '';
COMMENT ON LARGE OBJECT 70001 IS 'it''s empty';
CREATE TABLE public.refers (o oid); INSERT INTO public.refers VALUES (2147483648), (4294967295);`;

/** Rows and large objects far larger than any buffer of ours, and a table of nothing but rows. */
export const large: Theme = sqlTheme({
  id: "large",
  isLarge: true,
  roles: ["theme_large_owner", "theme_large_reader"],
  sql: [
    largeRow("public.large", 66),
    LARGE_OBJECTS,
    "CREATE TABLE public.counted (); INSERT INTO public.counted SELECT FROM generate_series(1, 1000000);",
  ],
});

import { quoteLiteral } from "../../core/postgres/sql.ts";
import { sqlTheme, type Theme } from "./theme.ts";

/** Of each type, texts of values at its edges; each is also the element of arrays, and a field of a composite. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  bool: ["t", "f"],
  int2: ["-32768", "0", "32767"],
  int4: ["-2147483648", "0", "2147483647"],
  int8: ["-9223372036854775808", "0", "9007199254740993", "9223372036854775807"],
  numeric: [
    ...["NaN", "Infinity", "-Infinity", "0", "0.000", "-1.50", "1e-16383", "100000000000000000000000000000000000000"],
    `${"9".repeat(131072)}.${"9".repeat(16383)}`,
    `-0.${"0".repeat(16382)}1`,
  ],
  "numeric(1000,500)": [`${"7".repeat(500)}.${"3".repeat(500)}`, "NaN"],
  "numeric(5,-3)": ["99999000", "-1000", "0"],
  "numeric(3,7)": ["0.0000999", "-0.0000001"],
  float4: ["NaN", "Infinity", "-Infinity", "-0", "0", "1e-45", "-1.1754944e-38", "3.4028235e38", "0.1", "16777217"],
  float8: [
    ...["NaN", "Infinity", "-Infinity", "-0", "0", "5e-324", "-2.2250738585072014e-308", "1.7976931348623157e308"],
    ...["0.1", "0.30000000000000004", "9007199254740993", "1.0000000000000002", "1e23"],
  ],
  money: ["-92233720368547758.08", "92233720368547758.07", "0", "-0.01"],
  text: [
    "",
    "\\N",
    "\\.",
    "NULL",
    "null",
    "\\",
    "\\\\",
    "'",
    '"',
    "\t",
    "\r",
    "\n",
    "\r\n",
    "\b\f\v",
    "{}",
    "{a,b}",
    "(,)",
    " ",
    " a ",
    "a\u00a0b",
    "é",
    "日本",
    "🐘",
    "\u{10ffff}",
    "\u0001",
    "\u007f",
    "\u0085",
    "\u2028",
    "\ufeff",
    "e\u0301",
    "𝔘\u200d",
    "--",
    "$$",
    "%s",
    ",",
    "\\x41",
  ],
  "varchar(3)": ["", "abc", "日本語", "   "],
  "char(5)": ["", "a", "a b", "éééé", "\\\\"],
  name: ["", "a".repeat(63), "é".repeat(31), 'qu"ote', "pg_class"],
  bytea: [
    "\\x",
    "\\x00",
    "\\x5c",
    "\\x0a0d09",
    `\\x${Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0")).join("")}`,
  ],
  date: [
    "infinity",
    "-infinity",
    "4713-11-24 BC",
    "0001-12-31 BC",
    "0001-01-01",
    "1582-10-10",
    "2000-02-29",
    "5874897-12-31",
  ],
  time: ["00:00:00", "23:59:59.999999", "24:00:00", "12:34:56.000001"],
  "time(0)": ["23:59:59"],
  timetz: ["00:00:00+15:59:59", "24:00:00-15:59:59", "12:34:56.123456+05:45", "12:00:00Z"],
  timestamp: [
    "infinity",
    "-infinity",
    "4713-11-24 00:00:00 BC",
    "294276-12-31 23:59:59.999999",
    "1900-01-01 00:00:00.000001",
    "2026-03-29 02:30:00",
  ],
  timestamptz: [
    "infinity",
    "-infinity",
    "4713-11-24 00:00:00+00 BC",
    "294276-12-31 23:59:59.999999+00",
    "2026-10-25 00:30:00Z",
    "2026-10-25 01:30:00Z",
    "1883-11-18 12:03:58-04:56:02",
  ],
  interval: [
    ...[
      "0",
      "infinity",
      "-infinity",
      "-178956970 years -8 mons",
      "178956970 years 7 mons",
      "1 mon -1 day",
      "-1 mon 1 day -00:00:01",
    ],
    ...[
      "2147483647 days",
      "-2147483648 days",
      "2562047788:00:54.775807",
      "-2562047788:00:54.775807",
      "00:00:00.000001",
      "-0.000001 s",
    ],
    ...["1 year 2 mons 3 days 04:05:06.789", "-1 year -2 mons +3 days -04:05:06.789"],
  ],
  "interval year to month": ["1-2", "-1-2"],
  "interval second(3)": ["1.239", "-0.001"],
  bit: ["0", "1"],
  "bit(17)": ["01010101010101010"],
  varbit: ["", "0", "1", "1".repeat(1000)],
  uuid: ["00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"],
  inet: ["0.0.0.0/0", "255.255.255.255", "10.1.2.3/8", "::", "::ffff:1.2.3.4/128", "2001:db8::1/64"],
  cidr: ["0.0.0.0/0", "10.0.0.0/8", "::/0", "2001:db8::/32"],
  macaddr: ["00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff"],
  macaddr8: ["08:00:2b:01:02:03:04:05"],
  json: [
    "null",
    '""',
    '{"a": 1, "a": 2}',
    "  [1 ,\n2]\t",
    '"\\u0000 \\ud83d\\ude00 \\\\ \\""',
    "1E400",
    '{"\\\\N": "\\\\."}',
  ],
  jsonb: [
    "null",
    '""',
    "{}",
    "[]",
    '{"b": 1, "a": [null, true, 1.50, -0, 1e-10]}',
    '"\\"\\\\\\t"',
    "1e1000",
    '{"": {"": []}}',
  ],
  jsonpath: [
    "$",
    'strict $."a b"[*] ? (@.x > 1e-2 && @ like_regex "^[.]" flag "i")',
    "lax $[last - 1 to last].datetime()",
  ],
  xml: [
    "<a/>",
    "text only",
    "",
    "<a>&lt;\n\t\"'</a><b/>",
    "<!DOCTYPE a [<!ENTITY e 'x'>]><a>y</a>",
    "<?pi x?><!-- c -->",
  ],
  tsvector: ["", "'a':1A,2B,16383 'b'", "'it''s' '\\\\':3", "' '", "'é':1"],
  tsquery: ["", "'a':*AB & !('b' | 'c') <2> 'd'", "'it''s' & '\\\\'"],
  point: ["(0,-0)", "(NaN,Infinity)", "(1e-320,-1.7976931348623157e308)"],
  line: ["{1,-1,0}", "{0,1,-1e300}"],
  lseg: ["[(0,0),(1,1)]"],
  box: ["(1,1),(0,0)", "(Infinity,0),(-Infinity,-0)"],
  path: ["((0,0),(1,1))", "[(0,0),(1,1),(2,NaN)]"],
  polygon: ["((0,0),(1,0),(1,1))"],
  circle: ["<(0,0),0>", "<(-1,1),Infinity>"],
  int4range: ["empty", "(,)", "[-2147483648,2147483647)", "(,5)", "[7,)"],
  int8range: ["empty", "[-9223372036854775808,9223372036854775807)"],
  numrange: ["empty", "[NaN,NaN]", "(-Infinity,Infinity]", "[1.10,1.1000]"],
  daterange: ["empty", "[-infinity,infinity)", "(,0001-01-01 BC)"],
  tsrange: ['["4713-11-24 00:00:00 BC",infinity]'],
  tstzrange: ['["2026-01-01 00:00:00+00",)', "empty"],
  int4multirange: ["{}", "{[1,2),[5,9),[100,)}"],
  nummultirange: ["{(,1.0),[2,2],[3,)}"],
  datemultirange: ["{[-infinity,infinity)}"],
  tstzmultirange: ['{["2026-01-01 00:00:00+00","2026-01-01 00:00:01+00")}'],
  oid: ["0", "2147483648", "4294967295"],
  xid: ["0", "4294967295"],
  xid8: ["0", "18446744073709551615"],
  cid: ["4294967295"],
  tid: ["(0,0)", "(4294967295,65535)"],
  pg_lsn: ["0/0", "FFFFFFFF/FFFFFFFF"],
  txid_snapshot: ["1:1:", "10:20:10,14,15"],
  pg_snapshot: ["1:1:", "18446744073709551000:18446744073709551001:18446744073709551000"],
  refcursor: ["", "a cursor"],
  aclitem: ["pg_monitor=arwdDxtm/pg_read_all_data", "=r*/pg_monitor"],
  regclass: ["-", "pg_catalog.pg_class", "sample.later", "4000000000"],
  regtype: ["-", "integer[]", "sample.mood", "4000000001"],
  regproc: ["-", "sample.once"],
  regprocedure: ["sample.twice(integer)", "sample.twice(text)"],
  regoper: ["0", "pg_catalog.||/"],
  regoperator: ["pg_catalog.+(integer,integer)", "pg_catalog.-(NONE,bigint)"],
  regrole: ["pg_monitor", "-"],
  regnamespace: ["sample", "pg_catalog"],
  regconfig: ["english", "sample.words"],
  regdictionary: ["simple"],
  regcollation: ['"C"'],
  "sample.mood": ["", "so 'so'", 'a"b\\', "日本"],
  "sample.small_text": ["", "\\N"],
  "sample.pair": ["(,)", '(,"\\\\N")', '(2147483647,"a""b, \\\\ ()")', "(0,)"],
  "sample.floats": ["[-0,NaN]", "empty"],
};

const SETUP = `
CREATE SCHEMA sample;
CREATE TYPE sample.mood AS ENUM ('', 'so ''so''', E'a"b\\\\', '日本');
CREATE DOMAIN sample.small_text AS text CHECK (length(VALUE) < 100);
CREATE TYPE sample.pair AS (a int, b text);
CREATE TYPE sample.floats AS RANGE (subtype = float8, subtype_diff = float8mi);
CREATE TEXT SEARCH CONFIGURATION sample.words (COPY = simple);
CREATE FUNCTION sample.once() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION sample.twice(int) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION sample.twice(text) RETURNS int LANGUAGE sql AS 'SELECT 1';
`;

const TYPES = Object.keys(VALUES);
const nth = (index: number): string => `c${index}`;
const each = (write: (type: string, column: string) => string): string =>
  TYPES.map((type, index) => write(type, nth(index))).join(",\n  ");

/** A column of each type, as long as the longest list of values, and a last row of NULL. */
function edges(): string {
  const most = Math.max(...Object.values(VALUES).map((texts) => texts.length));
  const rows = Array.from({ length: most + 1 }, (_, row) => {
    const cells = TYPES.map((type) => {
      const text = VALUES[type]?.[row];
      return text === undefined ? "NULL" : `${quoteLiteral(text)}::${type}`;
    });
    return `(${cells.join(", ")})`;
  });
  return `CREATE TABLE sample.edges (${each((type, column) => `${column} ${type}`)});
    INSERT INTO sample.edges VALUES ${rows.join(",\n")};`;
}

/** Arrays of them: of all with NULL, of two dimensions, from other bounds, with nothing but NULL, empty. */
function lists(): string {
  const rows = [
    each((_, column) => `array_agg(${column})`),
    each((_, column) => `ARRAY[array_agg(${column}), array_agg(${column})]`),
    each((_, column) => `array_fill((array_agg(${column}))[1], ARRAY[2, 1, 3], ARRAY[-5, 7, 0])`),
    each((type) => `ARRAY[NULL]::${type}[]`),
    each((type) => `'{}'::${type}[]`),
  ];
  return `CREATE TABLE sample.lists (${each((type, column) => `${column} ${type}[]`)});
    ${rows.map((row) => `INSERT INTO sample.lists SELECT ${row} FROM sample.edges;`).join("\n")}`;
}

/** Composites of all types and of their arrays, within each other. */
const RECORDS = `
CREATE TYPE sample.row AS (${each((type, column) => `${column} ${type}`)});
CREATE TYPE sample.rows AS (list sample.row[], text text, one sample.row);
CREATE TABLE sample.records (one sample.row, many sample.rows, lists sample.lists);
INSERT INTO sample.records (one) SELECT ROW(e.*)::sample.row FROM sample.edges AS e;
INSERT INTO sample.records (many) SELECT ROW(array_agg(one) || NULL::sample.row, '', (array_agg(one))[1])::sample.rows FROM sample.records;
INSERT INTO sample.records (lists) SELECT l FROM sample.lists AS l;
INSERT INTO sample.records VALUES (NULL, NULL, NULL), (ROW(${TYPES.map(() => "NULL").join(", ")}), ROW('{}', NULL, NULL), NULL);`;

/** What takes more than a text to be had. */
const MADE = `
CREATE TABLE sample.every_char AS SELECT n, chr(n) AS c, chr(n) || chr(n) AS twice, 'a' || chr(n) || E'\\t' AS within
  FROM generate_series(1, 1114111) AS n WHERE n NOT BETWEEN 55296 AND 57343 AND (n < 12000 OR n % 97 = 0 OR n > 1114000);
CREATE TABLE sample.every_byte AS SELECT n, set_byte('\\x00'::bytea, 0, n) AS b, set_byte('\\x00'::bytea, 0, n)::text AS shown,
  CASE WHEN n < 128 THEN n::"char" ELSE (n - 256)::"char" END AS c FROM generate_series(0, 255) AS n;
CREATE TABLE sample.chars (c "char", list "char"[]); INSERT INTO sample.chars SELECT c, ARRAY[c, NULL, c] FROM sample.every_byte;
CREATE TABLE sample.copied (line text);
INSERT INTO sample.copied SELECT string_agg(c, '') FROM (SELECT chr(n) AS c, i FROM generate_series(1, 40) AS i, generate_series(1, 127) AS n) AS all_pairs;
CREATE TABLE sample.million AS SELECT (SELECT array_agg(n) FROM generate_series(1, 1000000) AS n) AS ints,
  (SELECT array_agg(CASE WHEN n % 3 = 0 THEN NULL WHEN n % 3 = 1 THEN '' ELSE E'a"\\\\' END) FROM generate_series(1, 1000000) AS n) AS texts;
CREATE TABLE sample.later (id int);
CREATE TABLE sample.toasted (id int, plain text STORAGE EXTERNAL, pglz text COMPRESSION pglz, again text STORAGE EXTENDED, inlined text STORAGE MAIN);
INSERT INTO sample.toasted SELECT n, repeat(md5(n::text), 5000), repeat(md5(n::text), 30000), repeat('x', 1000000), repeat('m', 3000) FROM generate_series(1, 3) AS n;
INSERT INTO sample.toasted VALUES (4, '', NULL, '', NULL);
CREATE TABLE sample.vectors (a int2vector, b oidvector); INSERT INTO sample.vectors VALUES ('', '0 4294967295'), ('1 -32768 32767', ''), (NULL, NULL);
CREATE TABLE sample.tiny (); INSERT INTO sample.tiny SELECT FROM generate_series(1, 200000);
`;

function wide(columns: number): string {
  const listed = Array.from({ length: columns }, (_, n) => `c${n} text`).join(", ");
  const values = Array.from({ length: columns }, (_, n) =>
    n % 7 === 0 ? "NULL" : n % 5 === 0 ? "''" : `'v${n}'`,
  ).join(", ");
  return `CREATE TABLE sample.wide (${listed}); INSERT INTO sample.wide VALUES (${values}), (${values});`;
}

/** Each changes the text of values, how a statement reads them, what it costs, or how long it may take. */
const HOSTILE = `
  DateStyle = 'German, DMY'; IntervalStyle = 'sql_standard'; TimeZone = 'Asia/Kathmandu'; bytea_output = 'escape'; extra_float_digits = -15;
  standard_conforming_strings = off; backslash_quote = on; escape_string_warning = on; array_nulls = off; transform_null_equals = on;
  xmlbinary = hex; xmloption = document; lc_monetary = 'C.UTF-8'; lc_numeric = 'C.UTF-8'; search_path = sample, public; client_encoding = 'LATIN1';
  row_security = on; default_transaction_isolation = serializable; default_transaction_deferrable = on; default_transaction_read_only = on;
  check_function_bodies = on; quote_all_identifiers = on; synchronize_seqscans = on; debug_parallel_query = on; enable_seqscan = off;
  enable_tidscan = off; jit_above_cost = 0; default_text_search_config = 'pg_catalog.german';
   exit_on_error = on; default_tablespace = 'pg_default'; plan_cache_mode = force_generic_plan`;

/** Of our role in that database, which win over the database's. */
const HOSTILE_TO_US = `
  statement_timeout = '20s'; lock_timeout = '1ms'; idle_in_transaction_session_timeout = '20s'; transaction_timeout = '20s';
  work_mem = '64kB'; hash_mem_multiplier = 1; maintenance_work_mem = '1MB'; extra_float_digits = 0; temp_file_limit = '1GB'; zero_damaged_pages = on; session_replication_role = replica`;

function alter(what: string, settings: string): string {
  return settings
    .split(";")
    .map((setting) => `ALTER ${what} SET ${setting.trim()};`)
    .join("\n");
}

/** Every type's edges, under settings that would show, read and cut them otherwise. */
export const values: Theme = sqlTheme({
  id: "values",
  // Or native pg_dump would convert to what the database says, and fail.
  judging: { dumpArgs: ["--encoding=UTF8"] },
  sql: [
    SETUP,
    MADE,
    wide(1600),
    edges(),
    lists(),
    RECORDS,
    alter("DATABASE $DATABASE", HOSTILE),
    alter("ROLE CURRENT_USER IN DATABASE $DATABASE", HOSTILE_TO_US),
  ],
});

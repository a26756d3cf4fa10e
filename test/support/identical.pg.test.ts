import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { between, differences, type Portrait, portrait } from "./identical.ts";
import { asAdmin, createDatabase, type TestDatabase } from "./postgres.ts";

const ROLE = `judge_${randomBytes(4).toString("hex")}`;
const LARGE_OBJECT = 4_294_967_290;
const OBJECTS = `
  CREATE TABLE public.film (id int PRIMARY KEY, title text, "t" text);
  INSERT INTO public.film SELECT n, 'film ' || n, NULL FROM generate_series(1, 100) AS n;
  CREATE TABLE public.child (more int) INHERITS (public.film);
  INSERT INTO public.child VALUES (1, 'sequel', 't', 7);
  CREATE TYPE public.mood AS ENUM ('sad', 'ok');
  CREATE TABLE public.vote (feels public.mood) PARTITION BY HASH (feels);
  CREATE TABLE public.vote_0 PARTITION OF public.vote FOR VALUES WITH (MODULUS 2, REMAINDER 0);
  CREATE TABLE public.vote_1 PARTITION OF public.vote FOR VALUES WITH (MODULUS 2, REMAINDER 1);
  INSERT INTO public.vote VALUES ('sad'), ('ok');
  CREATE MATERIALIZED VIEW public.titles AS SELECT title FROM public.film;
  CREATE SEQUENCE public.counter;
  SELECT setval('public.counter', 41, true), lo_from_bytea(${LARGE_OBJECT}, repeat('bytes', 10000)::bytea)`;

let first: TestDatabase;
let second: TestDatabase;
/** Nothing changes it. */
let unchanged: Portrait;
const each = async (statement: (name: string) => string) => {
  for (const database of [first, second]) await database.query(statement(database.name));
};

beforeAll(async () => {
  await asAdmin((admin) => admin.query(`CREATE ROLE ${ROLE}`));
  first = await createDatabase("judged_a");
  second = await createDatabase("judged_b");
  await each(() => OBJECTS);
  await each((name) => `COMMENT ON DATABASE ${name} IS 'the shop'; ALTER DATABASE ${name} SET work_mem = '5MB'`);
  unchanged = await portrait(first.url);
});
afterAll(async () => {
  await first.drop();
  await second.drop();
  await asAdmin((admin) => admin.query(`DROP ROLE ${ROLE}`));
});

test("finds two databases that were made alike identical", async () => {
  expect(await differences(first.url, second.url)).toEqual([]);
});

/** What is changed in the second, what takes it back, and what is told. */
const CHANGES: readonly (readonly [what: string, change: string, back: string, told: RegExp])[] = [
  [
    "a row's value",
    "UPDATE film SET title = 'Film 50' WHERE id = 50 AND tableoid = 'film'::regclass",
    "UPDATE film SET title = 'film 50' WHERE id = 50",
    /rows of "public"\."film"/,
  ],
  [
    "NULL that became empty",
    "UPDATE ONLY film SET t = '' WHERE id = 7",
    "UPDATE ONLY film SET t = NULL WHERE id = 7",
    /rows of "public"\."film"/,
  ],
  ["a child's value", "UPDATE child SET more = 8", "UPDATE child SET more = 7", /rows of "public"\."child"/],
  [
    "a value in a tree hashed on an enum",
    "UPDATE vote SET feels = 'ok' WHERE feels = 'sad'; INSERT INTO vote VALUES ('ok')",
    "TRUNCATE vote; INSERT INTO vote VALUES ('sad'), ('ok')",
    /rows of "public"\."vote"/,
  ],
  [
    "a view's old rows",
    "UPDATE ONLY film SET title = 'new' WHERE id = 1; REFRESH MATERIALIZED VIEW titles; UPDATE ONLY film SET title = 'film 1' WHERE id = 1",
    "REFRESH MATERIALIZED VIEW titles",
    /rows of "public"\."titles"/,
  ],
  [
    "a view that is not filled",
    "REFRESH MATERIALIZED VIEW titles WITH NO DATA",
    "REFRESH MATERIALIZED VIEW titles",
    /materialized view public\.titles: not filled/,
  ],
  ["a sequence's value", "SELECT setval('counter', 42, true)", "SELECT setval('counter', 41, true)", /counter": 42/],
  [
    "a sequence's is_called",
    "SELECT setval('counter', 41, false)",
    "SELECT setval('counter', 41, true)",
    /41, not called/,
  ],
  [
    "a large object's byte",
    `SELECT lo_put(${LARGE_OBJECT}, 49999, 'x')`,
    `SELECT lo_put(${LARGE_OBJECT}, 49999, 's')`,
    /large object 4294967290/,
  ],
  [
    "a large object's comment",
    `COMMENT ON LARGE OBJECT ${LARGE_OBJECT} IS 'a scan'`,
    `COMMENT ON LARGE OBJECT ${LARGE_OBJECT} IS NULL`,
    /comment a scan/,
  ],
  [
    "a large object's owner",
    `ALTER LARGE OBJECT ${LARGE_OBJECT} OWNER TO ${ROLE}`,
    `ALTER LARGE OBJECT ${LARGE_OBJECT} OWNER TO postgres`,
    new RegExp(`owner ${ROLE}`),
  ],
  ["a comment", "COMMENT ON COLUMN film.title IS 'shown'", "COMMENT ON COLUMN film.title IS NULL", /COMMENT ON COLUMN/],
  ["a column", "ALTER TABLE film ADD extra int", "ALTER TABLE film DROP extra", /extra integer/],
  ["a schema of every database", "DROP SCHEMA public CASCADE", "", /- schema public/],
];

test.each(CHANGES)("notices %s", async (_what, change, back, told) => {
  // The last change is not taken back, so it is made in a database of its own.
  const changed = back === "" ? await createDatabase("judged_c") : second;
  try {
    await changed.query(change);
    const found = between(unchanged, await portrait(changed.url));
    expect(found.join("\n")).toMatch(told);
  } finally {
    if (back === "") await changed.drop();
    else await changed.query(back);
  }
});

/** The same for what carries the database's name. */
const ABOUT_DATABASE: readonly (readonly [what: string, change: string, back: string, told: RegExp])[] = [
  ["a table's privilege", `GRANT SELECT ON film TO ${ROLE}`, `REVOKE ALL ON film FROM ${ROLE}`, /GRANT SELECT ON/],
  [
    "a large object's privilege",
    `GRANT SELECT ON LARGE OBJECT ${LARGE_OBJECT} TO ${ROLE}`,
    `REVOKE ALL ON LARGE OBJECT ${LARGE_OBJECT} FROM ${ROLE}`,
    new RegExp(`SELECT to ${ROLE} by postgres`),
  ],
  ["the database's comment", "COMMENT ON DATABASE $ IS 'Shop'", "COMMENT ON DATABASE $ IS 'the shop'", /comment: Shop/],
  [
    "the database's privilege",
    `GRANT CREATE ON DATABASE $ TO ${ROLE}`,
    `REVOKE CREATE ON DATABASE $ FROM ${ROLE}`,
    /database privileges/,
  ],
  [
    "a setting of the database",
    "ALTER DATABASE $ SET work_mem = '6MB'",
    "ALTER DATABASE $ SET work_mem = '5MB'",
    /work_mem=6MB/,
  ],
  [
    "a setting of a role in the database",
    `ALTER ROLE ${ROLE} IN DATABASE $ SET work_mem = '7MB'`,
    `ALTER ROLE ${ROLE} IN DATABASE $ RESET work_mem`,
    /setting work_mem of judge/,
  ],
  [
    "the connection limit",
    "ALTER DATABASE $ CONNECTION LIMIT 9",
    "ALTER DATABASE $ CONNECTION LIMIT -1",
    /datconnlimit: 9/,
  ],
  [
    "the owner",
    `ALTER DATABASE $ OWNER TO ${ROLE}`,
    "ALTER DATABASE $ OWNER TO postgres",
    new RegExp(`owner: ${ROLE}`),
  ],
];

test.each(ABOUT_DATABASE)("notices %s", async (_what, change, back, told) => {
  await second.query(change.replace("$", second.name));
  expect(between(unchanged, await portrait(second.url)).join("\n")).toMatch(told);
  await second.query(back.replace("$", second.name));
});

test("finds them identical again when every change was taken back, but for privileges that were said once", async () => {
  const left = between(unchanged, await portrait(second.url));
  expect(left.filter((line) => !/privileges/.test(line))).toEqual([]);
});

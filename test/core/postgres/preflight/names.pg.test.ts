import { expect, test } from "vitest";
import { preflight } from "../../../../core/postgres/preflight/index.ts";
import { createSource } from "../support.ts";

const NO_ENCODING = "ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0";
/** `prix` with é in LATIN1, which is nothing in UTF-8. */
const INVALID = "convert_from('\\x7072e978'::bytea, 'SQL_ASCII')";

test("names, before the run, what has no text in a database without an encoding", async () => {
  const source = await createSource("no_encoding", NO_ENCODING);
  await source.query(`CREATE TABLE "é" ("日" text); COMMENT ON TABLE "é" IS 'é'`);
  await source.query(
    `DO $$BEGIN EXECUTE 'CREATE FUNCTION ' || ${INVALID} || '() RETURNS int LANGUAGE sql AS ''SELECT 1'''; END$$`,
  );
  await source.query(`DO $$BEGIN EXECUTE 'CREATE INDEX ' || ${INVALID} || ' ON "é" ("日")'; END$$`);
  const session = await source.open();
  await expect(preflight(session, { workers: 1 })).resolves.toMatchObject({ workers: 1 });
  const remarks = [
    ["'CREATE TABLE t (' || $ || ' int)'", "column public\\.t\\.pr\\\\xe9x"],
    ["'CREATE SEQUENCE s' || $", "sequence public\\.spr\\\\xe9x"],
    ["'COMMENT ON LARGE OBJECT ' || lo_create(7) || ' IS ''' || $ || ''''", "comment of large object 7 pr\\\\xe9x"],
    ["'COMMENT ON DATABASE DB IS ''' || $ || ''''", "comment of the database pr\\\\xe9x"],
  ] as const;
  for (const [statement, name] of remarks) {
    await source.query(`DO $do$BEGIN EXECUTE ${statement.replace("$", INVALID).replace("DB", source.name)}; END$do$`);
    await expect(preflight(session, { workers: 1 })).rejects.toMatchObject({
      code: "name-not-utf8",
      message: expect.stringMatching(new RegExp(name)),
    });
  }
  await source.close();
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { openRestorePoint, readToc } from "../../../core/restore/restore-point.ts";
import { differences } from "../../support/identical.ts";
import { nativeTools } from "../../support/native.ts";
import { dropThemed, inDatabase, makeThemed, urlOf } from "../../support/themed.ts";
import { themes } from "../../themes/index.ts";
import { createVault, type TestVault } from "./support.ts";

let vault: TestVault;

beforeAll(async () => {
  await nativeTools();
  vault = await createVault();
});
afterAll(() => vault.remove());

/** Every kind of entry that pg_dump 18 writes into an archive of definitions; labels need a provider, which the server has not. */
const KINDS = `
  ACCESS METHOD, ACL, AGGREGATE, CAST, CHECK CONSTRAINT, COLLATION, COMMENT, CONSTRAINT, CONVERSION, DATABASE, DATABASE PROPERTIES,
  DEFAULT, DEFAULT ACL, DOMAIN, EVENT TRIGGER, EXTENSION, FK CONSTRAINT, FOREIGN DATA WRAPPER, FOREIGN TABLE, FUNCTION, INDEX,
  INDEX ATTACH, MATERIALIZED VIEW, OPERATOR, OPERATOR CLASS, OPERATOR FAMILY, POLICY, PROCEDURAL LANGUAGE, PROCEDURE, PUBLICATION,
  PUBLICATION TABLE, PUBLICATION TABLES IN SCHEMA, ROW SECURITY, RULE, SCHEMA, SEQUENCE, SEQUENCE OWNED BY, SERVER, SHELL TYPE,
  STATISTICS, SUBSCRIPTION, TABLE, TABLE ATTACH, TEXT SEARCH CONFIGURATION, TEXT SEARCH DICTIONARY, TEXT SEARCH PARSER,
  TEXT SEARCH TEMPLATE, TRANSFORM, TRIGGER, TYPE, USER MAPPING, VIEW`
  .split(",")
  .map((kind) => kind.trim());
const met = new Set<string>();

const small = themes.filter(({ isLarge }) => isLarge !== true);

test.each(small)("$id comes back as it was", async (theme) => {
  const source = await makeThemed(theme);
  const copy = `${source.name}_copy`;
  try {
    const ref = await vault.backUp(source.url);
    for (const { desc } of (await readToc(await openRestorePoint(vault, ref))).entries) met.add(desc);
    const { warnings } = await vault.restore(ref, urlOf(source, "postgres"), {
      options: { create: true, database: copy },
    });
    expect(await differences(source.url, urlOf(source, copy), theme.judging)).toEqual([]);
    expect(warnings).toEqual((theme.warnings ?? []).map((warning) => expect.stringMatching(warning)));
    await inDatabase(copy, async (database) => theme.check?.(database));
  } finally {
    await dropThemed(theme, source, copy);
  }
});

test("the themes hold every kind of object that pg_dump knows", () => {
  expect(KINDS.filter((kind) => !met.has(kind))).toEqual([]);
  expect([...met].filter((kind) => !KINDS.includes(kind))).toEqual([]);
});

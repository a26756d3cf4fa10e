import { randomBytes } from "node:crypto";
import { afterAll, expect, inject, it } from "vitest";
import { askRevenue, databaseExists, dropDatabase, makeDatabase } from "../../../cli/demo/database.ts";

const name = `demo_${randomBytes(4).toString("hex")}`;

afterAll(async () => {
  if (await databaseExists(inject("postgres"), name)) await dropDatabase(inject("postgres"), name);
});

it("makes the demo's shop: at least 200 MB, the same each time", async () => {
  const facts = await makeDatabase(inject("postgres"), name);
  expect(facts.bytes).toBeGreaterThan(200 * 1000 ** 2);
  expect(facts).toMatchObject({ rows: 1_105_040, tables: 8, largeObjects: 40 });
  expect(await askRevenue(inject("postgres"), name)).toBe(
    '300000 orders of 100000 customers, 10215705000 cents, 200 products match "quiet & tent", 5279960 bytes of invoices',
  );
  await dropDatabase(inject("postgres"), name);
  expect(await databaseExists(inject("postgres"), name)).toBe(false);
});

import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { classify, parseArchive } from "../../../../core/postgres/ddl/index.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { comparable, dump, readFixture, restore, withSession } from "./support/round-trip.ts";

const suffix = randomBytes(4).toString("hex");
const roles = { owner: `"Owner; ""of"" ${suffix}"`, reader: `reader_${suffix}`, writer: `"wri ter ${suffix}"` };
const databases: TestDatabase[] = [];

async function freshDatabase(options = ""): Promise<TestDatabase> {
  const database = await createDatabase("ddl", options);
  databases.push(database);
  return database;
}

beforeAll(() =>
  asAdmin((admin) =>
    admin.query(
      Object.values(roles)
        .map((role) => `CREATE ROLE ${role};`)
        .join(""),
    ),
  ),
);

afterAll(async () => {
  for (const database of databases) {
    // A subscription keeps its database from being dropped, and the event trigger forbids every command.
    await withSession(database.name, "write", async (session) => {
      await session.query("SET event_triggers = off");
      await session.query("DROP SUBSCRIPTION IF EXISTS far");
    });
    await database.drop();
  }
  await asAdmin((admin) =>
    admin.query(
      Object.values(roles)
        .map((role) => `DROP ROLE ${role};`)
        .join(""),
    ),
  );
});

describe("a restored schema", () => {
  it("dumps to the same archive as the original, for every kind of object", async () => {
    const source = await freshDatabase();
    const target = await freshDatabase();
    await source.query(await readFixture("many-kinds.sql", roles));
    const original = await dump(source.name);
    await restore(original.archive, target.name);
    const restored = await dump(target.name);
    expect(comparable(parseArchive(restored.archive))).toEqual(comparable(parseArchive(original.archive)));
    const phases = classify(parseArchive(original.archive));
    expect(phases.indexes.every(({ table }) => table !== undefined)).toBe(true);
  });
});

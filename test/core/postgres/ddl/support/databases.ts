import { createDatabase, type TestDatabase } from "../../../../support/postgres.ts";
import { withSession } from "./round-trip.ts";

/** Databases made by one test file, dropped together. */
export function databasesOfThisFile(): {
  fresh(createOptions?: string): Promise<TestDatabase>;
  dropAll(): Promise<void>;
} {
  const databases: TestDatabase[] = [];
  return {
    fresh: async (createOptions = "") => {
      const database = await createDatabase("ddl", createOptions);
      databases.push(database);
      return database;
    },
    dropAll: async () => {
      for (const database of databases) {
        // A subscription keeps its database from being dropped, and the event trigger forbids every command.
        await withSession(database.name, "write", async (session) => {
          await session.query("SET event_triggers = off");
          await session.query("DROP SUBSCRIPTION IF EXISTS far");
        });
        await database.drop();
      }
    },
  };
}

import { defineConfig } from "vitest/config";

const minute = 60_000;

/** Three kinds of tests by what they need: nothing, a PostgreSQL server, the stack deployed to the local AWS. */
export default defineConfig({
  test: {
    reporters: ["default", "./test/support/count-reporter.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.{pg,stack}.test.ts"],
          testTimeout: minute,
          hookTimeout: minute,
        },
      },
      {
        test: {
          name: "postgres",
          include: ["test/**/*.pg.test.ts"],
          globalSetup: ["test/support/postgres-setup.ts"],
          testTimeout: 3 * minute,
          hookTimeout: minute,
        },
      },
      {
        test: {
          name: "stack",
          include: ["test/**/*.stack.test.ts"],
          globalSetup: ["test/support/stack-setup.ts"],
          testTimeout: 5 * minute,
          hookTimeout: 3 * minute,
          fileParallelism: false,
        },
      },
    ],
  },
});

import { defineConfig } from "vitest/config";

const minute = 60_000;

/**
 * Kinds of tests by what they need: nothing, a PostgreSQL server, the stack deployed to the local AWS, or such a stack for
 * themselves alone because they change what others rely on. A group begins when the one before it has ended.
 */
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
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "postgres",
          include: ["test/**/*.pg.test.ts"],
          globalSetup: ["test/support/postgres-setup.ts"],
          testTimeout: 3 * minute,
          hookTimeout: minute,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "stack",
          include: ["test/**/*.stack.test.ts"],
          exclude: ["test/**/*.alone.stack.test.ts"],
          globalSetup: ["test/support/stack-setup.ts"],
          testTimeout: 5 * minute,
          hookTimeout: 3 * minute,
          // They wait more than they work.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "stack-alone",
          include: ["test/**/*.alone.stack.test.ts"],
          globalSetup: ["test/support/stack-setup.ts"],
          testTimeout: 5 * minute,
          hookTimeout: 3 * minute,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

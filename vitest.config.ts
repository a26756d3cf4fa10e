import { defineConfig } from "vitest/config";

const minute = 60_000;

/** Side by side: tests of the stack wait more than they work, so those that work fill the gaps. */
const together = { maxWorkers: 3, sequence: { groupOrder: 1 } } as const;

/** On a machine that is busy with others a wait of the local AWS may be too short; what needed it is named at the end, for somebody to look at. */
const secondTry = { retry: 1 } as const;

/**
 * Kinds of tests by what they need: nothing, a PostgreSQL server, the stack deployed to the local AWS, or such a stack for
 * themselves alone because they change what others rely on; `extra` is breadth of which the others show samples, and runs when asked for. A group begins when the one before it has ended.
 */
export default defineConfig({
  test: {
    reporters: ["default", "./test/support/count-reporter.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.{pg,stack,extra}.test.ts"],
          testTimeout: minute,
          hookTimeout: minute,
          ...together,
        },
      },
      {
        test: {
          name: "postgres",
          include: ["test/**/*.pg.test.ts"],
          globalSetup: ["test/support/postgres-setup.ts"],
          testTimeout: 3 * minute,
          hookTimeout: minute,
          ...together,
        },
      },
      {
        test: {
          name: "extra",
          include: ["test/**/*.extra.test.ts"],
          globalSetup: ["test/support/postgres-setup.ts"],
          testTimeout: 3 * minute,
          hookTimeout: minute,
          ...together,
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
          ...secondTry,
          ...together,
        },
      },
      {
        test: {
          name: "stack-alone",
          include: ["test/**/*.alone.stack.test.ts"],
          globalSetup: ["test/support/stack-setup.ts"],
          testTimeout: 5 * minute,
          hookTimeout: 3 * minute,
          ...secondTry,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});

import path from "node:path";
import { defineConfig } from "vitest/config";

/** Not part of `npm test`: it takes as long as it is told to. */
export default defineConfig({
  root: path.join(import.meta.dirname, "../.."),
  test: {
    name: "chaos",
    include: ["test/chaos/*.chaos.ts"],
    globalSetup: ["test/support/stack-setup.ts"],
    reporters: ["default", "./test/support/count-reporter.ts"],
    // The time is its own parameter; one round more than that may still be under way.
    testTimeout: 24 * 60 * 60_000,
    hookTimeout: 3 * 60_000,
  },
});

/**
 * What the demo deploys: as small as a configuration gets, but for what makes 250 MiB worth watching.
 * @module
 */
import type { HoldfastConfigInput } from "../../core/config/index.ts";

const MEBIBYTE = 1024 * 1024;

/** @param scheduleAt the one moment of its schedule; undefined: none yet. */
export function demoConfig(scheduleAt: Date | undefined): HoldfastConfigInput {
  return {
    configVersion: 1,
    installation: "demo",
    sources: {
      shop: {
        kind: "postgres",
        title: "The demo's shop",
        connection: "shop-read",
        schedules:
          scheduleAt === undefined ? {} : { once: { expression: `at(${scheduleAt.toISOString().slice(0, 19)})` } },
        // The default is for databases a thousand times as large; this makes several chunks of one table.
        chunkBytes: 32 * MEBIBYTE,
        rowHash: "always",
        verify: "quick",
      },
    },
    targets: { rescue: { title: "Where the shop comes back to life", connection: "rescue-write" } },
    vault: { retainOnDelete: false },
  };
}

/**
 * The example every newcomer's first hour runs on: `npm run local` deploys it and stores both connections.
 * Copy it for your own installation and name the copy in HOLDFAST_CONFIG, or change it here.
 */
import { defineConfig } from "./core/config/index.ts";

export default defineConfig({
  configVersion: 1,
  installation: "demo",
  sources: {
    shop: {
      kind: "postgres",
      title: "The shop's database",
      connection: "shop-read",
      schedules: {
        nightly: { expression: "cron(15 2 * * ? *)", timeZone: "UTC" },
      },
      retention: { days: 30 },
      rowHash: "always",
    },
  },
  targets: {
    shop: { title: "Where the shop is restored to", connection: "shop-write" },
  },
  // A throw-away installation on the local AWS; leave it out (true) wherever backups matter.
  vault: { retainOnDelete: false },
});

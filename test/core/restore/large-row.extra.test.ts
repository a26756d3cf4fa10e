import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase } from "../../support/postgres.ts";
import { largeRow } from "../../themes/large.ts";
import { createVault, type TestVault } from "./support.ts";

let vault: TestVault;
beforeAll(async () => {
  vault = await createVault();
});
afterAll(() => vault.remove());

test(
  "a row of 220 MB comes and goes in memory that is not a row's",
  async () => {
    const [source, target] = [await createDatabase("from"), await createDatabase("to")];
    try {
      await source.query(largeRow("public.large", 220));
      let most = 0;
      const timer = setInterval(() => {
        most = Math.max(most, process.memoryUsage().rss);
      }, 20);
      const ref = await vault.backUp(source.url, { rowHash: false, chunkBytes: 256 * 1024 * 1024 });
      const { report } = await vault.restore(ref, target.url);
      clearInterval(timer);
      expect(report).toMatchObject({ identical: true, level: "rows" });
      const [size] = await target.query<{ mib: number }>(
        "SELECT max(octet_length(l::text)) / 1048576 AS mib FROM large AS l",
      );
      expect(size?.mib).toBeGreaterThan(200);
      expect(most / 1024 / 1024).toBeLessThan(300 + 220);
    } finally {
      await Promise.all([source.drop(), target.drop()]);
    }
  },
  5 * 60_000,
);

import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { openSession } from "../../../../core/postgres/session.ts";
import { takeBase } from "../../../../core/postgres/snapshot/index.ts";
import { createSource, type SourceDatabase } from "../support.ts";
import { type PoolingProxy, startPoolingProxy } from "./pooling-proxy.ts";

let source: SourceDatabase;
let proxy: PoolingProxy | undefined;
beforeAll(async () => {
  source = await createSource("pooler");
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
});
afterAll(() => source.close());

async function through(mode: "transaction" | "session", size?: number) {
  proxy = await startPoolingProxy(inject("postgres"), source.name, mode, size);
  const settings = { ...source.settings, port: proxy.port };
  return { proxy, settings };
}

describe("a session through a pooler", () => {
  it("is refused in transaction mode, and the application's next session is as it was", async () => {
    const { proxy, settings } = await through("transaction");
    await expect(openSession(settings, { purpose: "read", applicationName: "t" })).rejects.toMatchObject({
      name: "PreconditionError",
      code: "transaction-pooler",
    });
    const rows = await proxy.query(
      "SELECT current_setting('search_path') AS path, current_setting('row_security') AS rls",
    );
    expect(rows).toEqual([{ path: '"$user", public', rls: "on" }]);
  });

  it("is refused when the pool has one connection only", async () => {
    const { settings } = await through("transaction", 1);
    await expect(openSession(settings, { purpose: "read", applicationName: "t" })).rejects.toMatchObject({
      code: "transaction-pooler",
    });
  });

  it("works in session mode, and knows that something stands between", async () => {
    const { settings } = await through("session", 3);
    const session = await openSession(settings, { purpose: "read", applicationName: "t" });
    expect(session.isProxied).toBe(true);
    expect((await takeBase(session)).snapshotId).toMatch(/-/);
    await session.query("ROLLBACK");
    await session.end();
  });
});

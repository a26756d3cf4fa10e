/**
 * Databases of every theme through the deployed state machines, held against their copies by PostgreSQL's own programs. A few at
 * a time, each on one of the configuration's lanes, whose connections lead to one theme after the other.
 */
import { availableParallelism } from "node:os";
import { beforeAll, expect, inject, it } from "vitest";
import { differences } from "../support/identical.ts";
import { nativeTools } from "../support/native.ts";
import { runMachine, storeConnection } from "../support/stack.ts";
import { themeLanes } from "../support/stack-config.ts";
import { dropThemed, inDatabase, makeThemed, urlOf } from "../support/themed.ts";
import { type Theme, themes } from "../themes/index.ts";
import { backUp, newestRun } from "./sources.ts";

/** Roles with all rights: what a theme holds may be shown to, and made by, nobody else. */
const asSuperuser = () => {
  const { user: username, password } = inject("postgres");
  return { username, password };
};

/** What one theme's way has come to; nothing of it is judged before all have ended. */
interface Way {
  readonly differences: readonly string[];
  readonly warnings: readonly string[];
}

async function goThrough(theme: Theme, lane: string): Promise<Way> {
  const source = await makeThemed(theme);
  const copy = `${source.name}_copy`;
  try {
    await storeConnection(`${lane}-read`, source.name, "read", asSuperuser());
    await storeConnection(`${lane}-write`, "postgres", "write", asSuperuser());
    const backup = await backUp(lane);
    if (backup.outcome === undefined) throw new Error(`backup of ${theme.id}: ${backup.cause}`);
    const { restorePointId } = backup.outcome;
    const options = { target: lane, restorePointId, database: copy, create: true, compare: "off" };
    const restore = await runMachine("restore", { source: lane, options });
    if (restore.status !== "SUCCEEDED") throw new Error(`restore of ${theme.id}: ${restore.cause}`);
    const found = await differences(source.url, urlOf(source, copy), theme.judging);
    await inDatabase(copy, async (database) => theme.check?.(database));
    const told = (await newestRun(lane)).notes?.warnings;
    return { differences: found, warnings: Array.isArray(told) ? told.map(String) : [] };
  } finally {
    await dropThemed(theme, source, copy);
  }
}

const ways = new Map<Theme, PromiseSettledResult<Way>>();

beforeAll(async () => {
  await nativeTools();
  const waiting = [...themes];
  const take = async (lane: string): Promise<void> => {
    for (let theme = waiting.shift(); theme !== undefined; theme = waiting.shift()) {
      const [way] = await Promise.allSettled([goThrough(theme, lane)]);
      if (way !== undefined) ways.set(theme, way);
    }
  };
  await Promise.all(themeLanes.slice(0, Math.max(2, availableParallelism())).map(take));
}, 5 * 60_000);

it.each(themes)("$id comes back as it was", (theme) => {
  const way = ways.get(theme);
  if (way?.status === "rejected") throw way.reason;
  expect(way?.value.differences).toEqual([]);
  expect(way?.value.warnings).toEqual((theme.warnings ?? []).map((warning) => expect.stringMatching(warning)));
});

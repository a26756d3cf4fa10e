/**
 * Databases of every theme through the deployed state machines, held against their copies by PostgreSQL's own programs. A few at
 * a time, each on one of the configuration's lanes, whose connections lead to one theme after the other.
 */
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

const free: string[] = [...themeLanes];
const waiting: ((lane: string) => void)[] = [];

async function onLane(work: (lane: string) => Promise<void>): Promise<void> {
  const lane = free.shift() ?? (await new Promise<string>((resolve) => waiting.push(resolve)));
  await work(lane).finally(() => {
    const next = waiting.shift();
    if (next === undefined) free.push(lane);
    else next(lane);
  });
}

async function warningsOf(source: string): Promise<string[]> {
  const told = (await newestRun(source)).notes?.warnings;
  return Array.isArray(told) ? told.map(String) : [];
}

async function goThrough(theme: Theme, lane: string): Promise<void> {
  const source = await makeThemed(theme);
  const copy = `${source.name}_copy`;
  try {
    await storeConnection(`${lane}-read`, source.name, "read", asSuperuser());
    await storeConnection(`${lane}-write`, "postgres", "write", asSuperuser());
    const { outcome, cause } = await backUp(lane);
    expect({ status: outcome?.status, cause }).toEqual({ status: "succeeded", cause: undefined });
    const { restorePointId } = outcome ?? {};
    const options = { target: lane, restorePointId, database: copy, create: true, compare: "off" };
    const restored = await runMachine("restore", { source: lane, options });
    expect({ status: restored.status, cause: restored.cause }).toEqual({ status: "SUCCEEDED", cause: undefined });
    expect(await differences(source.url, urlOf(source, copy), theme.judging)).toEqual([]);
    expect(await warningsOf(lane)).toEqual((theme.warnings ?? []).map((warning) => expect.stringMatching(warning)));
    await inDatabase(copy, async (database) => theme.check?.(database));
  } finally {
    await dropThemed(theme, source, copy);
  }
}

beforeAll(async () => {
  await nativeTools();
});

/** What takes long first, so that nothing else waits for it at the end. */
const inOrder = themes.toSorted((a, b) => Number(b.isLarge === true) - Number(a.isLarge === true));

it.concurrent.each(inOrder)("$id comes back as it was", (theme) => onLane((lane) => goThrough(theme, lane)));

import { describe, expect, test } from "vitest";
import type { DatabaseProperties } from "../../../../core/postgres/ddl/index.ts";
import { ORDINARY, plan, told } from "./support.ts";

const database: DatabaseProperties = {
  ...{ name: "shop", owner: "admin", encoding: "UTF8", collate: "C.UTF-8", ctype: "C.UTF-8", collationVersion: null },
  ...{ tablespace: "pg_default", connectionLimit: -1, comment: null, grants: null, settings: [] },
  ...{ localeProvider: "builtin", locale: "C.UTF-8", icuRules: null },
};
const { database: _, ...server } = ORDINARY;
const toBeCreated = (serverVersion: number) => ({ ...server, serverVersion, database: undefined });

describe("a database that is made", () => {
  const refusals = (serverVersion: number, more: Partial<DatabaseProperties>): string[] => {
    const made = plan(
      [],
      toBeCreated(serverVersion),
      { create: true, noOwner: true },
      { database: { ...database, ...more } },
    );
    return told(made.refusals);
  };

  test("is refused where the server has no such locale provider", () => {
    expect(refusals(160009, {})).toEqual(["version-lacks database shop"]);
    expect(refusals(170005, {})).toEqual([]);
    expect(refusals(170005, { locale: "PG_UNICODE_FAST" })).toEqual(["version-lacks database shop"]);
    expect(refusals(140020, { localeProvider: "icu" })).toEqual(["version-lacks database shop"]);
    expect(refusals(150013, { localeProvider: "icu" })).toEqual([]);
    expect(refusals(150013, { localeProvider: "icu", icuRules: "&a < g" })).toEqual(["version-lacks database shop"]);
    expect(refusals(140020, { localeProvider: "libc" })).toEqual([]);
  });

  test("is refused with a setting that no version has, and comes without those of other versions", () => {
    const settings = ["role=app", "app.key=x", "transaction_timeout=1min", "providers_own=1"];
    const shown = ["work_mem"];
    const facts = {
      ...toBeCreated(160009),
      rights: { ...ORDINARY.rights, settings: { denied: [], known: [], shown } },
    };
    const libc = {
      ...database,
      localeProvider: "libc" as const,
      settings: settings.map((setting) => ({ role: null, setting })),
    };
    const { refusals: refused } = plan([], facts, { create: true, noOwner: true }, { database: libc });
    expect(told(refused)).toEqual(['setting-unknown setting "providers_own" of the database']);
    expect(
      plan([], facts, { create: true, noOwner: true, leaveOut: true }, { database: libc }).decisions.settings,
    ).toEqual(["providers_own"]);
  });
});

test("nothing is said of versions where source and target are of one", () => {
  const made = plan(
    [{ dumpId: 1, desc: "VIEW", tag: "v", namespace: "public", defn: "CREATE VIEW public.v AS SELECT uuidv7();" }],
    ORDINARY,
  );
  expect({ refused: made.refusals, told: made.rewritten, version: made.decisions.serverVersion }).toEqual({
    refused: [],
    told: [],
    version: 0,
  });
});

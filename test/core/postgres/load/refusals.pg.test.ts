import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseConnection } from "../../../../core/postgres/connection.ts";
import type { DatabaseProperties, RestoreEntry } from "../../../../core/postgres/ddl/index.ts";
import { databaseSteps } from "../../../../core/postgres/load/database.ts";
import { entryStep } from "../../../../core/postgres/load/entries.ts";
import { largeObjectSteps } from "../../../../core/postgres/load/large-object-properties.ts";
import { markReady, writeMarker } from "../../../../core/postgres/load/marker.ts";
import { openLoadSession } from "../../../../core/postgres/load/session.ts";
import { describeRefusal, runSteps, type Step } from "../../../../core/postgres/load/steps.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../../support/postgres.ts";

const role = `refused_${randomBytes(4).toString("hex")}`;
const ALL = { noOwner: false, noPrivileges: false };
let target: TestDatabase;

beforeAll(async () => {
  target = await createDatabase("refused");
  await asAdmin((admin) =>
    admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT CREATE ON DATABASE ${target.name} TO ${role}`),
  );
});
afterAll(async () => {
  await target.drop();
  await asAdmin((admin) => admin.query(`DROP ROLE ${role}`));
});

const properties = (settings: readonly string[]): DatabaseProperties => ({
  name: "source",
  owner: "somebody",
  encoding: "UTF8",
  localeProvider: "libc",
  collate: "C",
  ctype: "C",
  locale: null,
  icuRules: null,
  collationVersion: null,
  tablespace: "pg_default",
  connectionLimit: -1,
  comment: "mine",
  grants: [{ grantee: null, privilege: "CONNECT", isGrantable: false }],
  settings: settings.map((setting) => ({ role: null, setting })),
});

const sqlOf = (steps: readonly Step[]): string => steps.flatMap(({ statements }) => statements).join("\n");

describe("a refused property of the database", () => {
  test("is told by kind and name, its value in no warning and no error", async () => {
    const settings = { ...parseConnection(target.url), user: role, password: "x" };
    const session = await openLoadSession(settings, { applicationName: "test" });
    try {
      await writeMarker(session, { source: "shop", restorePointId: "x", options: "no options" });
      await markReady(session);
      const refused: string[] = [];
      const steps = databaseSteps(properties(["app.key=hunter2"]), target.name, ALL).filter(({ what }) =>
        what.startsWith("setting"),
      );
      const onDenied = (step: Step, error: Error): void => void refused.push(describeRefusal(step, error));
      await runSteps(session, "database", steps, { onDenied });
      expect(refused).toEqual([expect.stringMatching(/^setting "app\.key" of database .* was refused: .*42501/)]);
      expect(refused.join()).not.toContain("hunter2");
    } finally {
      await session.end();
    }
  });

  test("that fails says no more in its error either, nor does a user mapping", async () => {
    const session = await openLoadSession(parseConnection(target.url), { applicationName: "test" });
    try {
      const [step] = databaseSteps(properties(["work_mem=hunter2"]), target.name, ALL).slice(-1);
      const entry: RestoreEntry = {
        dumpId: 7,
        desc: "USER MAPPING",
        schema: undefined,
        name: "USER MAPPING a SERVER b",
        owner: undefined,
        table: undefined,
        statements: ["CREATE USER MAPPING FOR a SERVER b OPTIONS (password hunter2)"],
        dependencies: [],
        isOptional: false,
      };
      for (const failing of [step, entryStep(entry)]) {
        const error = await runSteps(
          session,
          "x",
          failing === undefined ? [] : [{ ...failing, name: failing.what }],
        ).catch((e: unknown) => e);
        expect(error).toMatchObject({ message: expect.stringContaining(failing?.what ?? "?") });
        expect(`${error} ${(error as Error).cause}`).not.toContain("hunter2");
      }
    } finally {
      await session.end();
    }
  });
});

describe("what is left out with owners or privileges", () => {
  const options = { noOwner: true, noPrivileges: true };

  test("is that and nothing else, whatever names and values look like", () => {
    const sql = sqlOf(databaseSteps(properties(["app.note=the OWNER TO be"]), "a\nb", options));
    expect(sql).not.toMatch(/somebody|GRANT|REVOKE/);
    expect(sql).toContain("the OWNER TO be");
    expect(sql).toContain("COMMENT ON DATABASE");
  });

  test("of large objects neither breaks nor takes their comments", () => {
    const comment = "first\nGRANT nothing ON LARGE OBJECT 1";
    const groups = [
      { owner: 'a"\nb', grants: [{ grantee: null, privilege: "SELECT", isGrantable: false }], oids: [1] },
    ];
    const sql = sqlOf(largeObjectSteps({ groups, comments: [{ oid: 1, comment }], labels: [] }, options));
    expect(sql).toContain(comment);
    expect(sql).not.toMatch(/ALTER LARGE OBJECT|^REVOKE/m);
    expect(sql).not.toContain('b"');
  });
});

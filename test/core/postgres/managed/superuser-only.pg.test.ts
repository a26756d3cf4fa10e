import { randomBytes } from "node:crypto";
import pg from "pg";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { dumpLiveSchema } from "../../../../core/postgres/compare/index.ts";
import { type ConnectionSettings, parseConnection } from "../../../../core/postgres/connection.ts";
import { parseArchive, type TocEntry } from "../../../../core/postgres/ddl/index.ts";
import { RESTORE_SETTINGS } from "../../../../core/postgres/ddl/restore/classify.ts";
import { entryStatements } from "../../../../core/postgres/ddl/restore/statements.ts";
import { readTargetFacts, type TargetFacts } from "../../../../core/postgres/facts/index.ts";
import { withLoadSession } from "../../../../core/postgres/load/session.ts";
import { superuserOnly } from "../../../../core/postgres/managed/index.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { EVERYTHING } from "./everything.ts";

const suffix = randomBytes(4).toString("hex");
const role = { limited: `limited_${suffix}`, friend: `friend_${suffix}`, stranger: `stranger_${suffix}` };
const DROP_SUBSCRIPTIONS =
  "DROP SUBSCRIPTION IF EXISTS sub; DROP SUBSCRIPTION IF EXISTS sub_open; DROP SUBSCRIPTION IF EXISTS sub_bare";
let source: TestDatabase;
let entries: readonly TocEntry[];

/** What belongs to the test's superuser in the source is to be the limited role's: whose it is decides nothing here. */
beforeAll(async () => {
  source = await createDatabase("everything");
  await asAdmin((admin) =>
    admin.query(`
      CREATE ROLE ${role.limited} LOGIN CREATEROLE CREATEDB PASSWORD 'local';
      CREATE ROLE ${role.friend}; CREATE ROLE ${role.stranger}; GRANT ${role.friend} TO ${role.limited}`),
  );
  await source.query(EVERYTHING(role));
  const { entries: all } = parseArchive(await dumpLiveSchema(parseConnection(source.url), "test"));
  const isLast = ({ desc, tag }: TocEntry): number =>
    /^(DEFAULT )?ACL$/.test(desc) || /EVENT TRIGGER/.test(desc + tag) ? 1 : 0;
  entries = all
    .filter(({ desc }) => !desc.startsWith("DATABASE"))
    .map((entry) => ({ ...entry, owner: entry.owner === "postgres" ? role.limited : entry.owner }))
    .toSorted((a, b) => isLast(a) - isLast(b));
});
afterAll(async () => {
  await source.query(DROP_SUBSCRIPTIONS);
  await source.drop();
  await asAdmin((admin) => admin.query(`DROP ROLE ${Object.values(role).join(", ")}`));
});

interface Tried {
  readonly what: string;
  /** What the server said to the limited role, if it refused. */
  readonly refused: string | undefined;
  readonly predicted: string | undefined;
}

/** SQLSTATEs of the warnings of a GRANT and a REVOKE that nobody may do. */
const [NOT_GRANTED, NOT_REVOKED] = ["01007", "01006"];

/** Remarks and privileges go with what they are about, servers with their wrapper. */
function predict(entry: TocEntry, facts: TargetFacts): string | undefined {
  const archive = new Map(entries.map((one) => [one.dumpId, one]));
  const about = /^(ACL|COMMENT|SERVER)$/.test(entry.desc)
    ? entry.dependencies.flatMap((on) => archive.get(on) ?? [])
    : [];
  return [entry, ...about].map((one) => superuserOnly(one, facts, archive)).find((reason) => reason !== undefined);
}

/** Each entry by the limited role, in the order of a restore; what it is refused is made by a superuser, so that the next is tried for itself. */
async function tryAll(target: TestDatabase, facts: TargetFacts): Promise<Tried[]> {
  const server = { ...inject("postgres"), database: target.name };
  const limited = new pg.Client({ ...server, user: role.limited, password: "local" });
  const admin = new pg.Client(server);
  await Promise.all([limited.connect(), admin.connect()]);
  const tried: Tried[] = [];
  let isWithoutEffect = false;
  try {
    limited.on("notice", ({ code }) => {
      isWithoutEffect ||= code === NOT_GRANTED || code === NOT_REVOKED;
    });
    for (const client of [limited, admin]) await client.query(RESTORE_SETTINGS.join("\n"));
    for (const entry of entries) {
      let refused: string | undefined;
      let isImpossible = false;
      isWithoutEffect = false;
      for (const statement of entryStatements(entry, { withTablespaces: false, grantors: "own" })) {
        await limited.query(statement).catch(async (error: Error) => {
          // What a superuser cannot make either is no matter of rights.
          await admin.query(statement).then(
            () => (refused ??= error.message),
            () => {
              isImpossible = true;
            },
          );
        });
      }
      // As a restore lends it.
      if (entry.desc === "SCHEMA") await limited.query(`GRANT CREATE ON SCHEMA "${entry.tag}" TO ${role.friend}`);
      if (isWithoutEffect) refused ??= "no privileges were granted";
      const what = `${entry.desc} ${entry.namespace ?? "-"} ${entry.tag}`.replaceAll(`_${suffix}`, "");
      if (refused !== undefined || !isImpossible) tried.push({ what, refused, predicted: predict(entry, facts) });
    }
  } finally {
    await Promise.all([limited.end(), admin.end()]);
  }
  return tried;
}

async function factsOf(settings: ConnectionSettings): Promise<TargetFacts> {
  return withLoadSession(settings, { applicationName: "test" }, (session) => readTargetFacts(session));
}

async function tryIn(prepare: string): Promise<Tried[]> {
  const target = await createDatabase("limited");
  try {
    await asAdmin((admin) =>
      admin.query(
        `ALTER DATABASE ${target.name} OWNER TO ${role.limited}; GRANT CREATE ON DATABASE ${target.name} TO ${role.friend}`,
      ),
    );
    await target.query(prepare);
    const settings = { ...parseConnection(target.url), user: role.limited, password: "local" };
    return await tryAll(target, await factsOf(settings));
  } finally {
    await target.query(DROP_SUBSCRIPTIONS);
    await target.drop();
  }
}

/** Disagreements, in words. */
function wrong(tried: readonly Tried[]): string[] {
  return tried
    .filter(({ refused, predicted }) => (refused === undefined) !== (predicted === undefined))
    .map(
      ({ what, refused, predicted }) => `${what}: server ${refused ?? "takes it"}, predicted ${predicted ?? "taken"}`,
    );
}

test("says of every kind what the server says to a role with CREATEROLE, CREATEDB and the database", async () => {
  const tried = await tryIn("SELECT 1");
  expect(wrong(tried)).toEqual([]);
});

test("says it of a role that was granted what can be granted", async () => {
  const granted = await tryIn(`
    GRANT pg_create_subscription TO ${role.limited};
    CREATE EXTENSION postgres_fdw; CREATE EXTENSION hstore; GRANT USAGE ON FOREIGN DATA WRAPPER postgres_fdw TO ${role.limited};
    GRANT SET ON PARAMETER log_statement, session_replication_role, my.setting TO ${role.limited}`);
  await asAdmin((admin) =>
    admin.query(
      `REVOKE pg_create_subscription FROM ${role.limited}; REVOKE ALL ON PARAMETER log_statement, session_replication_role, my.setting FROM ${role.limited}`,
    ),
  );
  expect(wrong(granted)).toEqual([]);
});

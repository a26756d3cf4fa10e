import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { parseConnection } from "../../../../core/postgres/connection.ts";
import { preflight } from "../../../../core/postgres/preflight/index.ts";
import { openSession } from "../../../../core/postgres/session.ts";
import { pgDump } from "../../../support/native.ts";
import { asAdmin, createDatabase } from "../../../support/postgres.ts";

const OBJECTS = (role: string): string => `
  CREATE FOREIGN DATA WRAPPER w; CREATE SERVER far FOREIGN DATA WRAPPER w; CREATE SERVER own FOREIGN DATA WRAPPER w; GRANT USAGE ON FOREIGN SERVER own TO ${role};
  CREATE USER MAPPING FOR postgres SERVER far OPTIONS (password 'sesame'); CREATE USER MAPPING FOR PUBLIC SERVER far;
  CREATE USER MAPPING FOR ${role} SERVER own OPTIONS (password 'swordfish')`;

async function warnings(url: string): Promise<(readonly [string, string | undefined])[]> {
  const session = await openSession(parseConnection(url), { purpose: "read", applicationName: "test" });
  try {
    const { warnings } = await preflight(session, { workers: 1 });
    return warnings.map(({ code, object }) => [code, object] as const);
  } finally {
    await session.end();
  }
}

test("a backup by no superuser names the mappings and subscriptions that are not shown to it", async () => {
  const role = `reader_${randomBytes(4).toString("hex")}`;
  const source = await createDatabase("hiding");
  await asAdmin((admin) =>
    admin.query(`CREATE ROLE ${role} LOGIN PASSWORD 'local-only'; GRANT pg_read_all_data TO ${role}`),
  );
  try {
    await source.query(OBJECTS(role));
    await source.query(
      "CREATE SUBSCRIPTION sub CONNECTION 'host=nowhere.invalid' PUBLICATION p WITH (connect = false, slot_name = NONE)",
    );
    const url = source.url.replace("//postgres:", `//${role}:`);
    expect(await warnings(url)).toEqual([
      ["subscription-hidden", "subscription sub"],
      ["user-mapping-hidden", "user mapping for postgres on server far"],
      ["user-mapping-hidden", "user mapping for public on server far"],
    ]);
    expect(await warnings(source.url)).toEqual([]);
    // As native pg_dump has it: should it show more to such a role, these warnings are to go.
    const dump = (await pgDump(url, ["--schema-only"])).toString();
    expect(dump).toContain("CREATE USER MAPPING FOR postgres SERVER far;");
    expect(dump).toContain("swordfish");
    expect(dump).not.toContain("SUBSCRIPTION sub");
  } finally {
    await source.query("DROP SUBSCRIPTION IF EXISTS sub");
    await source.drop();
    await asAdmin((admin) => admin.query(`DROP ROLE ${role}`));
  }
});

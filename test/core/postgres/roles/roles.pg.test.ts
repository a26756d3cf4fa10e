import { randomBytes } from "node:crypto";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { listRoles, type RoleList, roleStatements, rolesSql } from "../../../../core/postgres/roles/index.ts";
import { asAdmin, createDatabase, type TestDatabase } from "../../../support/postgres.ts";
import { withSession } from "../ddl/support/round-trip.ts";

const suffix = randomBytes(4).toString("hex");
const name = (role: string) => `${role} "it's" ${suffix}`;
const quoted = (role: string) => `"${name(role).replaceAll('"', '""')}"`;
const ROLES = ["owner", "grantee", "policy", "defaults", "column", "login", "above", "settings"];
let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase("roles");
  await asAdmin((admin) =>
    admin.query(`
      CREATE ROLE ${quoted("stranger")};
      ${ROLES.map((role) => `CREATE ROLE ${quoted(role)};`).join("\n")}
      ALTER ROLE ${quoted("login")} LOGIN PASSWORD 'top secret' CONNECTION LIMIT 5 VALID UNTIL '2031-01-02 03:04:05+00';
      ALTER ROLE ${quoted("owner")} CREATEDB CREATEROLE BYPASSRLS NOINHERIT;
      GRANT ${quoted("owner")} TO ${quoted("login")} WITH ADMIN OPTION;
      GRANT ${quoted("above")} TO ${quoted("grantee")} WITH INHERIT FALSE, SET FALSE;
      GRANT pg_monitor TO ${quoted("owner")};
      COMMENT ON ROLE ${quoted("owner")} IS 'owns; ''all''';
      ALTER ROLE ${quoted("owner")} SET search_path TO "$user", 'odd "schema', public;
      ALTER ROLE ${quoted("owner")} SET my.setting TO 'a=b, "c"; d''e';
      ALTER ROLE ${quoted("settings")} IN DATABASE ${database.name} SET work_mem TO '8MB'`),
  );
  await database.query(`
    CREATE TABLE t (a int, b int);
    ALTER TABLE t OWNER TO ${quoted("owner")};
    GRANT SELECT ON t TO ${quoted("grantee")}, pg_read_all_settings;
    GRANT UPDATE (b) ON t TO ${quoted("column")};
    CREATE POLICY p ON t TO ${quoted("policy")};
    ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${quoted("defaults")}`);
});

afterAll(async () => {
  await database.drop();
  await asAdmin((admin) =>
    admin.query([...ROLES, "stranger"].map((role) => `DROP ROLE IF EXISTS ${quoted(role)};`).join("")),
  );
});

const list = (): Promise<RoleList> => withSession(database.name, "read", listRoles);

describe("the roles of a database", () => {
  it("are those its objects name, what they are members of and who is a member of them", async () => {
    const { roles, memberships } = await list();
    const referenced = ["owner", "grantee", "policy", "defaults", "column", "settings"].map(name);
    expect(roles.filter(({ isReferenced }) => isReferenced).map((role) => role.name)).toEqual(
      expect.arrayContaining([...referenced, "postgres", "pg_read_all_settings"]),
    );
    const all = roles.map((role) => role.name);
    expect(all).toEqual(expect.arrayContaining([name("login"), name("above"), "pg_monitor"]));
    expect(all).not.toContain(name("stranger"));
    expect(memberships).toContainEqual({
      role: name("above"),
      member: name("grantee"),
      isAdmin: false,
      inherits: false,
      canSet: false,
    });
  });

  it("carry attributes and settings, and no password", async () => {
    const roles = await list();
    expect(roles.roles.find((role) => role.name === name("login"))).toMatchObject({
      canLogin: true,
      connectionLimit: 5,
      validUntil: "2031-01-02T03:04:05+00:00",
    });
    expect(JSON.stringify(roles)).not.toMatch(/top secret|SCRAM|md5/);
    expect(rolesSql(roles)).not.toContain("PASSWORD");
  });

  it.each<readonly [string, (admin: pg.Client, list: RoleList) => Promise<unknown>]>([
    ["the script", (admin, roles) => admin.query(rolesSql(roles, { withLogin: true }))],
    [
      "the statements",
      async (admin, roles) => {
        for (const { sql } of roleStatements(roles, { withLogin: true })) await admin.query(sql);
      },
    ],
  ])("are the same again after %s has run where they are missing", async (_, make) => {
    const before = await list();
    await database.query(`ALTER TABLE t OWNER TO postgres; DROP POLICY p ON t`);
    await asAdmin(async (admin) => {
      await admin.query(`REVOKE ${quoted("above")} FROM ${quoted("grantee")}; DROP ROLE ${quoted("above")}`);
      await admin.query(`DROP ROLE ${quoted("login")}; DROP ROLE ${quoted("owner")}`);
      await admin.query(`DROP ROLE ${quoted("policy")}`);
      await make(admin, before);
      await make(admin, before);
      // The script leaves out what touches roles that were there.
      await admin.query(`GRANT ${quoted("above")} TO ${quoted("grantee")} WITH INHERIT FALSE, SET FALSE`);
      await admin.query(`GRANT pg_monitor TO ${quoted("owner")}`);
    });
    await database.query(`ALTER TABLE t OWNER TO ${quoted("owner")}; CREATE POLICY p ON t TO ${quoted("policy")}`);
    expect(await list()).toEqual(before);
  });

  it("are left as they are where they exist", async () => {
    const before = await list();
    await asAdmin(async (admin) => {
      await admin.query(`ALTER ROLE ${quoted("owner")} NOCREATEDB; REVOKE ${quoted("owner")} FROM ${quoted("login")}`);
      await admin.query(rolesSql(before));
    });
    const { roles, memberships } = await list();
    expect(roles.find((role) => role.name === name("owner"))?.canCreateDatabase).toBe(false);
    expect(memberships.filter((membership) => membership.member === name("login"))).toEqual([]);
    await asAdmin((admin) =>
      admin.query(
        `ALTER ROLE ${quoted("owner")} CREATEDB; GRANT ${quoted("owner")} TO ${quoted("login")} WITH ADMIN OPTION`,
      ),
    );
  });

  it("are made as far as the server allows, and what it refuses is reported", async () => {
    const before = await list();
    const notices: string[] = [];
    await database.query(`ALTER TABLE t OWNER TO postgres`);
    await asAdmin(async (admin) => {
      admin.on("notice", (notice) => notices.push(notice.message ?? ""));
      await admin.query(
        `DROP ROLE ${quoted("login")}; DROP ROLE ${quoted("owner")}; ALTER ROLE ${quoted("stranger")} CREATEROLE`,
      );
      await admin.query(`SET ROLE ${quoted("stranger")}`);
      await admin.query(rolesSql(before));
      await admin.query("RESET ROLE");
      await admin.query(`ALTER ROLE ${quoted("owner")} CREATEDB`);
    });
    expect(notices).toContainEqual(expect.stringMatching(/^ALTER ROLE .*owner.* BYPASSRLS: permission denied/));
    await database.query(`ALTER TABLE t OWNER TO ${quoted("owner")}`);
    const made = (await list()).roles.find((role) => role.name === name("owner"));
    expect(made).toMatchObject({ bypassesRowSecurity: false, comment: "owns; 'all'", inherits: false });
    expect((await list()).roles.find((role) => role.name === name("login"))).toMatchObject({ canLogin: false });
  });

  it("that were there get into no membership, and nobody becomes a member of one; both are told", async () => {
    const before = await list();
    const notices: string[] = [];
    await asAdmin(async (admin) => {
      admin.on("notice", (notice) => notices.push(notice.message ?? ""));
      await admin.query(`REVOKE ${quoted("above")} FROM ${quoted("grantee")}; DROP ROLE ${quoted("above")}`);
      await admin.query(`REVOKE ${quoted("owner")} FROM ${quoted("login")}; DROP ROLE ${quoted("login")}`);
      await admin.query(rolesSql(before));
    });
    const { memberships } = await list();
    const touched = [name("grantee"), name("login")];
    expect(memberships.filter(({ member }) => touched.includes(member))).toEqual([]);
    expect(notices).toContainEqual(expect.stringMatching(/^GRANT .*above.* TO .*grantee.*: left out/));
    expect(notices).toContainEqual(expect.stringMatching(/^GRANT .*owner.* TO .*login.*: left out/));
    await asAdmin((admin) =>
      admin.query(`
        GRANT ${quoted("above")} TO ${quoted("grantee")} WITH INHERIT FALSE, SET FALSE;
        GRANT ${quoted("owner")} TO ${quoted("login")} WITH ADMIN OPTION`),
    );
  });

  it("are refused without their settings' values", async () => {
    const before = await list();
    const [role] = before.roles.filter((one) => !one.isPredefined);
    const secret = { ...role, name: `secretive_${suffix}`, settings: ["work_mem=hunter2", "log_statement=hunter2"] };
    const notices: string[] = [];
    await asAdmin(async (admin) => {
      admin.on("notice", (notice) => notices.push(notice.message ?? ""));
      await admin.query(rolesSql({ roles: [secret as RoleList["roles"][number]], memberships: [] }));
      await admin.query(`DROP ROLE secretive_${suffix}`);
    });
    expect(notices.join("\n")).toMatch(/SET "work_mem": SQLSTATE 22023/);
    expect(notices.join("\n")).not.toContain("hunter2");
  });

  it("come without LOGIN unless that is asked for", async () => {
    const roles = await list();
    expect(rolesSql(roles)).not.toMatch(/ LOGIN/);
    expect(rolesSql(roles)).not.toMatch(/CREATE ROLE "pg_/);
  });
});

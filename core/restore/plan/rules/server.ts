import { nameOfEntry } from "../../../postgres/ddl/index.ts";
import type { TargetFacts } from "../../../postgres/facts/index.ts";
import { quoteName } from "../../../postgres/sql.ts";
import { someNames } from "../describe.ts";
import type { Finding, PlanInput } from "./types.ts";

/** Whether the server can be written to at all, by whom we believe to be, and is as new as the source's. */
export function server({ manifest }: PlanInput, facts: TargetFacts): Finding[] {
  return [...writable(facts), ...ownRole(facts), ...older(manifest.server.version, facts.serverVersion)];
}

function writable({ isStandby, role, database }: TargetFacts): Finding[] {
  if (isStandby) {
    const hint = "Let the target's connection lead to the primary.";
    const reason = "it replays another server and takes no writes";
    return [{ verdict: "trouble", what: "the target's server", code: "target-is-standby", reason, hint }];
  }
  if (database === undefined) {
    if (role.isSuperuser || role.canCreateDatabase) return [];
    const sql = `ALTER ROLE ${quoteName(role.name)} CREATEDB;`;
    const reason = `${role.name} may create none`;
    const hint = "Grant it CREATEDB, or restore into a database that is there.";
    return [{ verdict: "trouble", what: "the new database", code: "target-forbids-creating", reason, hint, sql }];
  }
  if (database.canCreate) return [];
  const what = `database ${database.name}`;
  const sql = `GRANT CREATE ON DATABASE ${quoteName(database.name)} TO ${quoteName(role.name)};`;
  const reason = `${role.name} may make no schema in it, which a restore begins with`;
  return [{ verdict: "trouble", what, code: "target-forbids-creating", reason, hint: "Grant it CREATE.", sql }];
}

const BECOMING = /^(role|session_authorization)=/i;

/** A database may make another role of who comes in: what is restored, and what may be dropped, would be that role's. */
function ownRole({ database, role }: TargetFacts): Finding[] {
  const setting = database?.settings.find((one) => BECOMING.test(one));
  if (database === undefined || setting === undefined) return [];
  const name = setting.slice(0, setting.indexOf("="));
  const reason = `its own setting ${setting} makes another role of who connects (now ${role.name}), and it is not to be guessed which one is to restore`;
  const sql = `ALTER DATABASE ${quoteName(database.name)} RESET ${name};`;
  const hint = "Reset it for the restore, for every role if it is set for some, or restore into another database.";
  return [{ verdict: "trouble", what: `database ${database.name}`, code: "target-sets-role", reason, hint, sql }];
}

function older(source: string, target: number): Finding[] {
  const [wanted, got] = [Number.parseInt(source, 10), Math.floor(target / 10_000)];
  if (Number.isNaN(wanted) || wanted <= got) return [];
  const reason = `is ${got} here: what it does not know is in this plan; texts of functions are not looked into, and fail when they run`;
  return [{ verdict: "told", what: `PostgreSQL ${wanted}`, code: "server-older", reason }];
}

const FORCED = /^ALTER TABLE ONLY .* FORCE ROW LEVEL SECURITY;$/m;

/** Row security that applies to owners too would hide rows from the comparison, which therefore fails on it. */
export function rowSecurity({ toc }: PlanInput, { role }: TargetFacts): Finding[] {
  if (role.isSuperuser || role.bypassesRowSecurity) return [];
  const enabled = new Set(
    toc.entries.filter(({ desc }) => desc === "ROW SECURITY").map(({ namespace, tag }) => `${namespace}.${tag}`),
  );
  const forced = toc.entries.filter(
    ({ desc, namespace, tag, defn = "" }) =>
      desc === "TABLE" && enabled.has(`${namespace}.${tag}`) && FORCED.test(defn),
  );
  if (forced.length === 0) return [];
  return [
    {
      verdict: "told",
      what: `forced row security of ${someNames(forced.map(nameOfEntry))}`,
      code: "row-security-forced",
      reason: `is forced with the restore's last act: it applies to ${role.name} as well, who can read all rows until then, and compare them later only with BYPASSRLS`,
    },
  ];
}

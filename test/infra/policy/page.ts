/**
 * docs/PERMISSIONS.md: what every role and every resource's own policy allows, as the templates of `representative` have it.
 */
import path from "node:path";
import { readDefinitions } from "../../../infra/asl/definition.ts";
import { REPOSITORY } from "../../../infra/bundle.ts";
import { type FunctionName, functionSpecs } from "../../../infra/functions.ts";
import { pascalCase } from "../../../infra/names.ts";
import { representative, synthesize } from "../support/synthesized.ts";
import type { Statement } from "./evaluate.ts";
import { ACCOUNT, REGION, type Resolved, type ResolvedRole, resolve } from "./resolved.ts";

export const PAGE = path.join(REPOSITORY, "docs", "PERMISSIONS.md");
const NETWORKS = ["public", ...Object.keys(representative.networks ?? {})];

/** One action on one resource under one condition: what sets of statements can be compared by. */
interface Grant {
  readonly effect: "Allow" | "Deny";
  readonly who: string;
  readonly action: string;
  readonly on: string;
  readonly condition: string;
}

export async function representativePolicies(): Promise<Resolved> {
  return resolve(synthesize(representative, await readDefinitions(path.join(REPOSITORY, "statemachines"))));
}

export function renderPage(resolved: Resolved): string {
  const roleOf = (name: string): ResolvedRole => {
    const role = resolved.roles.find((each) => each.name === name);
    if (role === undefined) throw new Error(`there is no role ${name} in the templates`);
    return role;
  };
  const names = Object.keys(functionSpecs) as FunctionName[];
  const isWorker = (name: FunctionName) => functionSpecs[name].network === "worker";
  const grantsOf = (name: FunctionName, network: string) =>
    grants(roleOf(`Functions${network === "" ? "" : pascalCase(network)}${pascalCase(name)}Role`).statements);
  const outside = new Map(names.filter((name) => !isWorker(name)).map((name) => [name, grantsOf(name, "")]));
  const workers = new Map(
    names.filter(isWorker).map((name) => [name, NETWORKS.map((network) => grantsOf(name, network))] as const),
  );
  const everyOutside = shared([...outside.values()]);
  const everyWorker = [...workers.values()].flat();
  const common = shared([...outside.values(), ...everyWorker]);
  const commonInVpc = shared([...workers.values()].flatMap(([, ...inVpc]) => inVpc)).filter(
    (grant) => !has(common, grant) && grant.on === "*",
  );
  const without = (all: readonly Grant[], ...others: readonly (readonly Grant[])[]) =>
    all.filter((grant) => !others.some((other) => has(other, grant)));
  const functionRoles = new Set(resolved.roles.filter(({ name }) => name.startsWith("Functions")));
  const others = resolved.roles.filter((role) => !functionRoles.has(role));
  return [
    HEAD,
    "## Functions",
    "Every function, besides what follows:",
    table(common),
    "Every function outside any VPC, which therefore sees the whole catalog:",
    table(without(everyOutside, common)),
    "Every worker in a VPC, for Lambda to reach it, denied to the function's own code:",
    table(commonInVpc),
    ...[...outside].flatMap(([name, all]) => [
      `### ${name}`,
      functionSpecs[name].purpose,
      table(without(all, everyOutside)),
    ]),
    ...[...workers].flatMap(([name, sets]) => [
      `### ${name}`,
      functionSpecs[name].purpose,
      byNetwork(sets.map((all) => without(all, common, commonInVpc))),
    ]),
    "## State machines and schedules",
    ...others.flatMap(({ name, statements }) => [`### ${name}`, table(grants(statements))]),
    "## What resources say themselves",
    "To whoever asks, besides the policies of roles. A Deny here holds for administrators too, until they change the policy.",
    ...[...resolved.resourcePolicies]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([name, statements]) => [`### ${name}`, table(grants(statements))]),
    "## Who may take on a role",
    table(mergedTrust(resolved.roles)),
    "",
  ].join("\n\n");
}

const HEAD = `# Permissions

What every function, state machine and schedule may do in AWS, and what the vault's own policies refuse. Written by \`npm run permissions\` from
the templates of an installation with sources and targets in three networks (\`representative\` in \`test/infra/support/synthesized.ts\`); a
test holds this page against the templates, so that a right that is added or widened shows as a change here and is reviewed as one. What a
function asks for stands in \`infra/functions.ts\`; what a stolen role can do with it is tried in \`test/infra/stolen-role.test.ts\` and told in
[THREATS.md](THREATS.md).

\`?\` and \`*\` are wildcards. Resources are called by their names in the stacks, without region and account.`;

function grants(statements: readonly Statement[]): Grant[] {
  return statements.flatMap(({ Effect, Principal, Action, Resource = "", Condition }) =>
    [Action ?? []].flat().flatMap((action) =>
      [Resource].flat().map((on) => ({
        effect: Effect,
        who: principalText(Principal),
        action,
        on: short(on),
        condition: Condition === undefined ? "" : short(conditionText(Condition)),
      })),
    ),
  );
}

function principalText(principal: Statement["Principal"]): string {
  if (principal === undefined) return "";
  if (principal === "*") return "anybody";
  const all = Object.values(principal).flat();
  return all.map((each) => (each === "*" ? "anybody" : each.endsWith(":root") ? "the account" : each)).join(", ");
}

const conditionText = (condition: NonNullable<Statement["Condition"]>): string =>
  Object.entries(condition)
    .flatMap(([operator, keys]) =>
      Object.entries(keys).map(([key, values]) => `${key} ${operator} ${[values].flat().join(" or ")}`),
    )
    .join("; ");

const short = (text: string): string =>
  text
    .replaceAll("arn:aws:s3:::", "")
    .replaceAll(new RegExp(`arn:aws:([a-z0-9]+):(?:${REGION})?:(?:${ACCOUNT})?:`, "g"), "$1:");

const same = (a: Grant, b: Grant): boolean => JSON.stringify(a) === JSON.stringify(b);
const has = (all: readonly Grant[], grant: Grant): boolean => all.some((each) => same(each, grant));
const shared = ([first = [], ...rest]: readonly (readonly Grant[])[]): Grant[] =>
  first.filter((grant) => rest.every((all) => has(all, grant)));

/** One row per resource and condition, actions together. */
function table(all: readonly Grant[]): string {
  const rows = rowsOf(all).map((row) => `| ${row} |`);
  return rows.length === 0 ? "Nothing more." : [header(all, false), ...rows].join("\n");
}

function header(all: readonly Grant[], withNetwork: boolean): string {
  const who = all.some((grant) => grant.who !== "") ? ["who"] : [];
  const columns = [...(withNetwork ? ["network"] : []), ...who, "may", "on", "if"];
  return `| ${columns.join(" | ")} |\n|${"---|".repeat(columns.length)}`;
}

function rowsOf(all: readonly Grant[]): string[] {
  const rows = new Map<string, Set<string>>();
  for (const { effect, who, action, on, condition } of all) {
    const key = JSON.stringify([effect, who, on, condition]);
    rows.set(key, (rows.get(key) ?? new Set()).add(action));
  }
  return [...rows].map(([key, actions]) => {
    const [effect, who, on, condition] = JSON.parse(key) as [string, string, string, string];
    const may = `${effect === "Deny" ? "**not** " : ""}${[...actions].sort().join(", ")}`;
    return [...(who === "" ? [] : [who]), may, on === "" ? "itself" : `\`${on}\``, condition === "" ? "" : condition]
      .join(" | ")
      .trimEnd();
  });
}

/** What workers of all networks have in common, then what each has of its own. */
function byNetwork(sets: readonly (readonly Grant[])[]): string {
  const everywhere = shared(sets);
  const rows = sets.flatMap((all, index) => {
    const own = all.filter((grant) => !has(everywhere, grant));
    return rowsOf(own).map((row) => `| ${NETWORKS[index]} | ${row} |`);
  });
  return [header([], true), ...rowsOf(everywhere).map((row) => `| all | ${row} |`), ...rows].join("\n");
}

function mergedTrust(roles: readonly ResolvedRole[]): Grant[] {
  const all = roles.flatMap(({ name, trust }) =>
    grants(trust).map((grant) => ({ ...grant, on: name.startsWith("Functions") ? "Functions*" : name })),
  );
  return all.filter((grant, index) => all.findIndex((each) => same(each, grant)) === index);
}

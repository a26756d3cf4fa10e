import { nameOfEntry } from "../../../postgres/ddl/index.ts";
import type { TargetFacts } from "../../../postgres/facts/index.ts";
import { someNames } from "../describe.ts";
import type { Finding, PlanInput, PlanOptions } from "./types.ts";

/** Tablespaces: places on the source's disks. Nothing is lost with them. */
export function tablespaces({ toc }: PlanInput, facts: TargetFacts, options: PlanOptions): Finding[] {
  const used = Map.groupBy(
    toc.entries.filter(({ tablespace = "" }) => tablespace !== ""),
    ({ tablespace = "" }) => tablespace,
  );
  return [...used].flatMap(([name, entries]): Finding[] => {
    const what = `tablespace ${name}`;
    const held = someNames(entries.map(nameOfEntry));
    if (options.tablespaces !== "keep") {
      const reason = `the database's default one takes its place, for ${held}`;
      return [{ verdict: "told", what, code: "tablespace-default", reason }];
    }
    const found = facts.tablespaces.find((tablespace) => tablespace.name === name);
    if (found?.canCreate === true) return [];
    const why = found === undefined ? "is not there" : `is there, but ${facts.role.name} may not create in it`;
    const hint =
      "Have it made, or restore with --leave-out or without --tablespaces keep: the default one takes its place.";
    const leaving = { decisions: { tablespaces: [name] } };
    return [
      { verdict: "trouble", what, code: "tablespace-missing", reason: `${why}; it holds ${held}`, hint, leaving },
    ];
  });
}

/** Ways to store a table that no server has of its own. */
export function accessMethods({ toc, needs }: PlanInput, facts: TargetFacts): Finding[] {
  const there = new Set([
    ...facts.accessMethods,
    ...toc.entries.filter(({ desc }) => desc === "ACCESS METHOD").map(({ tag }) => tag),
    // An extension's come with it, or go with it.
    ...needs.accessMethods.filter(({ extension }) => extension !== null).map(({ name }) => name),
  ]);
  const used = Map.groupBy(
    toc.entries.filter(({ tableAccessMethod: method }) => method !== undefined && !there.has(method)),
    ({ tableAccessMethod = "" }) => tableAccessMethod,
  );
  return [...used].map(([name, entries]) => ({
    verdict: "trouble",
    what: `access method ${name}`,
    code: "access-method-missing",
    reason: `is not there; it stores ${someNames(entries.map(nameOfEntry))}`,
    hint: "Install what provides it, or restore with --leave-out: then these are stored in the default way, with all their rows.",
    leaving: { decisions: { accessMethods: [name] } },
  }));
}

const PROVIDER = /^SECURITY LABEL FOR ("(?:[^"]|"")*"|[^\s"]+) ON /;

/** Providers whose labels are in the restore point. */
export function labelProvidersOf({
  toc,
  largeObjects,
}: Pick<PlanInput, "toc" | "largeObjects">): Map<string, number[]> {
  const providers = new Map<string, number[]>();
  for (const { desc, defn = "", dumpId } of toc.entries) {
    const quoted = desc === "SECURITY LABEL" ? PROVIDER.exec(defn)?.[1] : undefined;
    if (quoted === undefined) continue;
    const name = quoted.startsWith('"') ? quoted.slice(1, -1).replaceAll('""', '"') : quoted;
    providers.set(name, [...(providers.get(name) ?? []), dumpId]);
  }
  for (const { provider } of largeObjects?.labels ?? []) providers.set(provider, providers.get(provider) ?? []);
  return providers;
}

export function securityLabels(input: PlanInput, facts: TargetFacts): Finding[] {
  const missing = [...labelProvidersOf(input)].filter(([provider]) => !facts.labelProviders.includes(provider));
  return missing.map(([provider, entries]) => ({
    verdict: "trouble",
    what: `security labels of provider ${provider}`,
    code: "label-provider-missing",
    reason: "the server has not loaded it",
    hint: "Have its library loaded (shared_preload_libraries), or restore with --leave-out.",
    leaving: { entries, decisions: { labelProviders: [provider] } },
  }));
}

import { nameOfEntry } from "../../../postgres/ddl/index.ts";
import type { FoundExtension, TargetFacts } from "../../../postgres/facts/index.ts";
import { sqlOfEntry } from "../describe.ts";
import type { Finding, Leaving, PlanInput, PlanOptions } from "./types.ts";

/** Extensions that are not offered, not wanted, or of another version. Who may make them is the rule of kinds. */
export function extensions(input: PlanInput, facts: TargetFacts, { skipExtensions = [] }: PlanOptions): Finding[] {
  const found = new Map(facts.extensions.map((extension) => [extension.name, extension]));
  const entries = input.toc.entries.filter(({ desc }) => desc === "EXTENSION");
  const coming = new Set(entries.map(({ tag }) => tag));
  return entries.flatMap((entry): Finding[] => {
    const { tag: name } = entry;
    const what = nameOfEntry(entry);
    const extension = found.get(name);
    const needed = input.needs.extensions.find((one) => one.name === name);
    const isThere = extension?.installedVersion !== undefined;
    const leaving: Leaving = { entries: [entry.dumpId], isReplaced: isThere };
    const trouble = { verdict: "trouble", what, leaving, ...sqlOfEntry(entry) } as const;
    if (skipExtensions.includes(name)) {
      const reason = isThere ? "was not wanted; the one that is there is used" : "was not wanted";
      return [{ ...trouble, code: "extension-skipped", reason, hint: "", isAgreed: true }];
    }
    if (isThere) return otherVersion(what, needed?.version, extension.installedVersion);
    if (extension?.defaultVersion === undefined) {
      const hint = `Install it on the server, or restore with --leave-out or --skip-extension ${name}.`;
      return [{ ...trouble, code: "extension-unavailable", reason: "the server does not offer it", hint }];
    }
    const isMissing = (other: string): boolean => !coming.has(other) && !isInstalled(found.get(other));
    const missing = extension.requires.filter((other) => other !== IN_EVERY_NEW_DATABASE && isMissing(other));
    if (missing.length > 0) {
      const reason = `the server's version of it needs ${missing.join(", ")}, which the source's did not`;
      const hint = "Create those in the target beforehand.";
      return [{ ...trouble, code: "extension-unavailable", reason, hint }];
    }
    return otherVersion(what, needed?.version, extension.defaultVersion);
  });
}

const IN_EVERY_NEW_DATABASE = "plpgsql";

function isInstalled(extension: FoundExtension | undefined): boolean {
  return extension?.installedVersion !== undefined;
}

function otherVersion(what: string, needed: string | undefined, got: string | undefined): Finding[] {
  if (needed === undefined || got === undefined || needed === got) return [];
  const reason = `is version ${got} here, ${needed} in the source: what uses a thing that only one of them has fails by its name`;
  return [{ verdict: "told", what, code: "extension-other-version", reason }];
}

/** Its own tables and sequences of which the restore point has content; of older restore points those in its schema that are no one else's. */
export function relationsOf(name: string, { needs, manifest, toc }: PlanInput): { schema: string; name: string }[] {
  const needed = needs.extensions.find((one) => one.name === name);
  if (needed?.relations !== undefined) return needed.relations.map(({ schema, name }) => ({ schema, name }));
  const own = new Set(toc.entries.map(({ desc, namespace, tag }) => `${desc} ${namespace}.${tag}`));
  const isForeign = (desc: string, schema: string, name: string): boolean =>
    schema === needed?.schema && !own.has(`${desc} ${schema}.${name}`);
  return [
    ...manifest.tables.filter(({ kind, schema, name }) => kind === "table" && isForeign("TABLE", schema, name)),
    ...manifest.sequences.filter(({ schema, name }) => isForeign("SEQUENCE", schema, name)),
  ].map(({ schema, name }) => ({ schema, name }));
}

import { nameOfEntry } from "../../../postgres/ddl/index.ts";
import type { FoundDatabase, TargetFacts } from "../../../postgres/facts/index.ts";
import { collationsNamed } from "../../../postgres/needs/index.ts";
import { someNames } from "../describe.ts";
import type { Finding, PlanInput } from "./types.ts";

const ANY_BYTES = "SQL_ASCII";

/** What becomes of text in a database of another encoding. */
export function encodings({ manifest }: PlanInput, { database }: TargetFacts): Finding[] {
  const source = manifest.server.encoding;
  if (database === undefined || database.encoding === source) return [];
  const what = `encoding ${source}`;
  const told = (reason: string): Finding[] => [{ verdict: "told", what, code: "encoding-converted", reason }];
  const { encoding } = database;
  if (encoding === ANY_BYTES)
    return told(`bytes are kept as they are in ${ANY_BYTES}, which does not know what they mean`);
  if (source === ANY_BYTES)
    return told(`bytes that are no ${encoding} are refused by the server, and the restore with them`);
  if (database.canConvert) {
    return told(`text is converted to ${encoding}; a character that it lacks is refused, and the restore with it`);
  }
  const reason = `the server cannot convert it to ${encoding}, the database's`;
  const hint = "Restore with --create, or into a database of the same encoding or UTF8.";
  return [{ verdict: "trouble", what, code: "encoding-not-convertible", reason, hint }];
}

type Locale = Pick<FoundDatabase, "localeProvider" | "collate" | "ctype" | "locale">;

/** How the database sorts and compares where nothing else is said. */
export function databaseCollation({ database: source }: PlanInput, { database: target }: TargetFacts): Finding[] {
  if (source === undefined || target === undefined) return [];
  const [wanted, got] = [describeLocale(source), describeLocale(target)];
  if (wanted !== got) {
    const reason = `is ${got} here: text sorts by it, in indexes, in results and at the bounds of partitions`;
    return [{ verdict: "told", what: `default collation ${wanted}`, code: "collation-differs", reason }];
  }
  return otherVersion(`default collation ${wanted}`, source.collationVersion, target.collationVersion);
}

function describeLocale({ localeProvider, collate, ctype, locale }: Locale): string {
  const name = localeProvider === "libc" ? collate : (locale ?? collate);
  return `${localeProvider} ${name}${ctype === collate || localeProvider !== "libc" ? "" : ` (ctype ${ctype})`}`;
}

function otherVersion(what: string, wanted: string | null | undefined, got: string | null): Finding[] {
  if (wanted === null || wanted === undefined || got === null || wanted === got) return [];
  const reason = `is of version ${got} here, ${wanted} in the source: some text may sort otherwise`;
  return [{ verdict: "told", what, code: "collation-other-version", reason }];
}

/** Collations of the server's own that objects name. */
export function collations({ needs, toc }: PlanInput, facts: TargetFacts): Finding[] {
  const found = new Map(facts.collations.map(({ name, version }) => [name, version]));
  return needs.collations.flatMap(({ name, collationVersion }): Finding[] => {
    const what = `collation ${name}`;
    const version = found.get(name);
    if (version !== undefined) return otherVersion(what, collationVersion, version);
    const users = toc.entries.filter(({ defn = "" }) => collationsNamed(defn).includes(name));
    const reason = `the server has none of that name; it is named by ${someNames(users.map(nameOfEntry))}`;
    const hint = "Have it made in pg_catalog (pg_import_system_collations), or restore with --leave-out.";
    const leaving = { entries: users.map(({ dumpId }) => dumpId) };
    return [{ verdict: "trouble", what, code: "collation-missing", reason, hint, leaving }];
  });
}

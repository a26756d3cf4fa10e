/**
 * What servers of different versions say of the same thing in different words, and nothing else: every other line of
 * `differences` stays.
 * @module
 */

interface Rewording {
  readonly why: string;
  readonly found: RegExp;
  readonly put: string;
}

const REWORDINGS: readonly Rewording[] = [
  { why: "since 17 the column has another name", found: /database daticulocale/g, put: "database datlocale" },
  {
    why: "since 16 columns of stored queries are without their table's name where there is only one",
    found: /\b(purchase|revenue|customer|numbers|c)\.(?=[a-z])/g,
    put: "",
  },
  { why: "since 18 not-null constraints have names", found: / CONSTRAINT \w+ NOT NULL/g, put: " NOT NULL" },
  { why: "before 15 every sequence is logged", found: /CREATE UNLOGGED SEQUENCE/g, put: "CREATE SEQUENCE" },
  { why: "before 16 all work of a subscription is its owner's", found: /, run_as_owner = true/g, put: "" },
  { why: "before 16 it is streamed or not, by one process", found: /streaming = parallel/g, put: "streaming = on" },
];

/**
 * Columns of pg_database that only some versions have, with what says that there is nothing; versions of extensions; identities
 * of unlogged tables, which are logged in 14.
 */
const OF_VERSIONS =
  /^[-+] ( {4}LOGGED|database (datlocale|daticulocale|daticurules|datcollversion): \(none\)|database datlocprovider: c|extension \w+: [\d.]+)$/;

/** The lines that no wording explains; each is on one side only. */
export function unexplained(lines: readonly string[]): string[] {
  const left = lines.filter((line) => !OF_VERSIONS.test(line));
  const reworded = left.map((line) => REWORDINGS.reduce((text, { found, put }) => text.replaceAll(found, put), line));
  return reworded.filter((line) => count(reworded, `- ${line.slice(2)}`) !== count(reworded, `+ ${line.slice(2)}`));
}

function count(lines: readonly string[], line: string): number {
  return lines.filter((one) => one === line).length;
}

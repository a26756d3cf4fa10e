/**
 * FORCE ROW LEVEL SECURITY, by which policies apply to a table's own owner: a restore without superuser, which acts as the owner,
 * could neither compare such a table's rows nor fill views as they were. So it comes with the last act.
 * @module
 */
import { isWord, tokens } from "../../tokens.ts";

/** A table's definition in two: without what forces, and that. */
export function splitForcing(defn: string): { readonly rest: string; readonly forcing: string | undefined } {
  const found = tokens(defn);
  const at = found.findIndex(
    (token, n) => isForce(token) && isWord(found[n + 1], "ROW") && isWord(found[n + 2], "LEVEL"),
  );
  const end = found.findIndex((token, n) => n > at && token.kind === "other" && token.text === ";");
  if (at < 0 || end < 0) return { rest: defn, forcing: undefined };
  const last = found.findLastIndex((token, n) => n < at && token.kind === "other" && token.text === ";");
  const start = found[last + 1]?.at ?? 0;
  const stop = (found[end]?.at ?? defn.length) + 1;
  // pg_dump writes it between two line ends; without it neither would be there.
  const [before, after] = [defn.slice(0, start).replace(/\n$/, ""), defn.slice(stop).replace(/^\n/, "")];
  return { rest: `${before}${after}`, forcing: defn.slice(start, stop) };
}

const isForce = (token: Parameters<typeof isWord>[0]): boolean => isWord(token, "FORCE");

/** What undoes it, for as long as something is done. */
export function unforcing(forcing: string): string {
  const force = tokens(forcing).findLast(isForce);
  if (force === undefined) return forcing;
  return `${forcing.slice(0, force.at)}NO ${forcing.slice(force.at)}`;
}

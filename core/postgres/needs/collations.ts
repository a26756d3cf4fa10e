import { isWord, nameOfToken, tokens } from "../tokens.ts";

/** Collations named in a definition as `COLLATE name` or `COLLATE pg_catalog.name`, outside its strings. */
export function collationsNamed(defn: string): string[] {
  if (!defn.includes("COLLATE")) return [];
  const words = tokens(defn);
  return words.flatMap((word, at) => {
    if (!isWord(word, "COLLATE")) return [];
    const [first, dot, second] = words.slice(at + 1, at + 4);
    if (first === undefined) return [];
    if (dot?.text !== "." || second === undefined) return [nameOfToken(first)];
    return nameOfToken(first) === "pg_catalog" ? [nameOfToken(second)] : [];
  });
}

import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export const root = path.resolve(import.meta.dirname, "../..");

/** README.md and everything below docs/, by path from the root. */
export function pages(): string[] {
  const below = readdirSync(path.join(root, "docs"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => path.join("docs", name));
  return ["README.md", ...below].sort();
}

export function read(page: string): string {
  return readFileSync(path.join(root, page), "utf8");
}

/** Commands of the page's `sh` blocks, one per line, continuations joined, comments dropped. */
export function shellLines(page: string): string[] {
  const blocks = [...read(page).matchAll(/^ *```sh\n(.*?)^ *```$/gms)].map((match) => match[1] ?? "");
  return blocks
    .flatMap((block) => block.replace(/\\\n\s*/g, " ").split("\n"))
    .map((line) => line.replace(/(^|\s)#.*$/, "").trim())
    .filter((line) => line !== "");
}

/** A shell's words, as far as our examples go. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

/** Whoever reads an alert finds its code in the runbook. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { errorClasses } from "../../core/errors.ts";

const REPOSITORY = path.join(import.meta.dirname, "../..");
const THROWN = /new (?:[A-Za-z]*Error)\(\s*"([a-z0-9-]+)"/g;

const SAID = /\bcode(?:: | = )"([a-z0-9-]+)"/g;

async function codesIn(folder: string, pattern = THROWN): Promise<Set<string>> {
  const directory = path.join(REPOSITORY, folder);
  const files = (await readdir(directory, { recursive: true })).filter((file) => file.endsWith(".ts"));
  const texts = await Promise.all(files.map((file) => readFile(path.join(directory, file), "utf8")));
  return new Set(texts.flatMap((text) => [...text.matchAll(pattern)].map(([, code = ""]) => code)));
}

/** What stands between backticks; an ellipsis stands for any word. */
function named(runbook: string): (code: string) => boolean {
  const terms = [...runbook.matchAll(/`([a-z0-9…-]+)`/g)].map(
    ([, term = ""]) => new RegExp(`^${term.replace("…", "[a-z-]+")}$`),
  );
  return (code) => terms.some((term) => term.test(code));
}

describe("the runbook", () => {
  it("has a section for every name of error", async () => {
    const runbook = await readFile(path.join(REPOSITORY, "docs/RUNBOOK.md"), "utf8");
    for (const name of Object.keys(errorClasses)) expect(runbook).toContain(`### ${name}`);
  });

  it("names every code that a restore's plan says", async () => {
    const isNamed = named(await readFile(path.join(REPOSITORY, "docs/RUNBOOK.md"), "utf8"));
    expect([...(await codesIn("core/restore/plan", SAID))].filter((code) => !isNamed(code))).toEqual([]);
  });

  it.each(["core", "lambdas"])("names every code that %s throws", async (folder) => {
    const isNamed = named(await readFile(path.join(REPOSITORY, "docs/RUNBOOK.md"), "utf8"));
    expect([...(await codesIn(folder))].filter((code) => !isNamed(code))).toEqual([]);
  });
});

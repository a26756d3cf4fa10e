import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { exitCodes } from "../../cli/output/exit-codes.ts";
import { holdfast } from "../cli/support/fakes.ts";
import { pages, read, root, shellLines, wordsOf } from "./pages.ts";

const packageScripts = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")).scripts as object;

/** `holdfast …` up to the next pipe, wherever it stands in the line. */
function holdfastCommands(line: string): string[] {
  return [...line.matchAll(/(?:^|\||&&|;|\s)\s*(?:npx )?holdfast ([^|&;]*)/g)].map((match) => match[1] ?? "");
}

const examples = pages().flatMap((page) => shellLines(page).map((line) => ({ page, line })));

describe("examples in the documents", () => {
  it.each(examples.flatMap(({ page, line }) => holdfastCommands(line).map((command) => ({ page, command }))))(
    "$page: the command understands `holdfast $command`",
    async ({ command }) => {
      const told = await holdfast(wordsOf(command), { secret: "postgres://user:password@host/database" });
      expect(told.exitCode, told.stderr).not.toBe(2);
    },
  );

  it.each(examples.filter(({ line }) => /\bnpm /.test(line)))(
    "$page: the package has the script of `$line`",
    ({ line }) => {
      for (const [, script] of line.matchAll(/\bnpm run (?:-s |--silent )?([\w:-]+)/g)) {
        expect(packageScripts).toHaveProperty([script ?? ""]);
      }
    },
  );

  it("begin with the two commands of a newcomer", () => {
    expect(shellLines("README.md")).toEqual(expect.arrayContaining(["npm ci && npm run demo", "npm ci && npm test"]));
  });
});

describe("docs/CLI.md", () => {
  it("lists every exit code and no other", () => {
    const listed = [...read("docs/CLI.md").matchAll(/^\| (\d+) \|/gm)].map((match) => Number(match[1]));
    expect(listed).toEqual(Object.values(exitCodes));
  });

  it.each([
    [["backup", "shop"]],
    [["list"]],
    [["show", "latest"]],
    [["show", "shop-20261121T021500Z-7k3f9q2mxa"]],
    [["show", "shop-20261121T021500Z-7k3f9q2mxa", "--follow"]],
    [["verify", "latest"]],
    [["restore", "latest", "--source", "shop", "--to", "staging"]],
    [["compare", "latest", "--source", "shop", "--to", "staging"]],
    [["runs"]],
    [["logs", "shop-20261121T021500Z-7k3f9q2mxa"]],
    [["catalog", "rebuild", "shop"]],
    [["connect", "shop"]],
    [["audit"]],
  ])("has every field of --json that %j prints", async (argv) => {
    const table = read("docs/CLI.md")
      .split("\n")
      .filter((line) => line.startsWith("| `"));
    const documented = new Set(
      table.flatMap((line) => [...(line.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map((match) => match[1])),
    );
    const told = await holdfast([...argv, "--json"], {
      secret: "postgres://user:password@host/database",
      run: { status: "succeeded" },
    });
    for (const field of Object.keys(told.json)) expect(documented, field).toContain(field);
  });
});

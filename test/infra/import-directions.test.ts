import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { REPOSITORY } from "../../infra/bundle.ts";

const tree = mkdtempSync(path.join(tmpdir(), "holdfast-imports-"));
copyFileSync(path.join(REPOSITORY, "biome.json"), path.join(tree, "biome.json"));
afterAll(() => rmSync(tree, { recursive: true }));

/** What the linter says of a file with one import, in a tree that has nothing else. */
function lint(file: string, from: string): string {
  const target = path.join(tree, file);
  mkdirSync(path.dirname(target), { recursive: true });
  writeFileSync(target, `import { x } from "${from}";\n\nexport const y = x;\n`);
  const biome = path.join(REPOSITORY, "node_modules", ".bin", "biome");
  try {
    execFileSync(biome, ["lint", "--vcs-enabled=false", "--max-diagnostics=5", file], { cwd: tree, stdio: "pipe" });
    return "";
  } catch (error) {
    const { stdout, stderr } = error as { stdout: Buffer; stderr: Buffer };
    return `${stdout}${stderr}`.replaceAll(/\s+/g, " ");
  }
}

describe("imports point one way, and the linter says why", () => {
  it.each([
    ["core/backup/x.ts", "../../lambdas/shared/deps.ts", "core is the engine"],
    ["core/restore/x.ts", "aws-cdk-lib", "core is the engine"],
    ["core/postgres/plan/x.ts", "@aws-sdk/client-s3", "never an adapter or AWS"],
    ["core/vault/object/x.ts", "../store/s3.ts", "never an adapter or AWS"],
    ["lambdas/resolve/x.ts", "../../infra/functions.ts", "lambdas import core only"],
    ["cli/x.ts", "../lambdas/shared/deps.ts", "The command talks to what is deployed"],
    ["infra/x.ts", "../core/vault/keys.ts", "infra shares configuration"],
  ])("%s may not import %s", (file, from, why) => {
    expect(lint(file, from)).toContain(why);
  });

  it.each([
    ["core/vault/store/s3.ts", "@aws-sdk/client-s3"],
    ["lambdas/resolve/x.ts", "../../core/ids.ts"],
    ["infra/x.ts", "../core/config/index.ts"],
  ])("%s may import %s", (file, from) => {
    expect(lint(file, from)).toBe("");
  });
});

import { spawnSync } from "node:child_process";
import path from "node:path";
import { expect, it } from "vitest";

const launcher = path.resolve(import.meta.dirname, "../../../cli/bin/holdfast.js");

it.each([
  ["--version", 0, /^\d+\.\d+\.\d+\n$/],
  ["--help", 0, /Usage: holdfast/],
  ["no-such-command", 2, /^$/],
])("passes arguments, output and exit code of %s through", (argument, code, stdout) => {
  const ended = spawnSync(process.execPath, [launcher, argument], { encoding: "utf8" });
  expect(ended.status).toBe(code);
  expect(ended.stdout).toMatch(stdout);
});

it("runs under the Node on the machine, however old", () => {
  // The checkout's own Node is put last, so that `node` is whatever the machine calls so.
  const directories = (process.env.PATH ?? "").split(":").filter((entry) => !entry.includes("node_modules"));
  const PATH = [...directories, path.dirname(process.execPath)].join(":");
  const ended = spawnSync(launcher, ["list", "--limit"], { encoding: "utf8", env: { ...process.env, PATH } });
  expect(ended.status).toBe(2);
  expect(ended.stderr).toContain("unknown option '--limit'");
});

import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parseConfig } from "../../core/config/index.ts";
import { bundle, type FunctionAssets } from "../../infra/bundle.ts";
import { functionSpecs } from "../../infra/functions.ts";
import { minimal } from "./support/synthesized.ts";

const config = parseConfig(minimal);
const first = mkdtempSync(path.join(tmpdir(), "holdfast-bundle-"));
const second = mkdtempSync(path.join(tmpdir(), "holdfast-another-place-for-a-bundle-"));
afterAll(() => {
  for (const dir of [first, second]) rmSync(dir, { recursive: true });
});

const contents = (dir: string) =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .map((file) => [path.relative(dir, file), createHash("sha256").update(readFileSync(file)).digest("hex")]);

describe("bundles", () => {
  let assets: FunctionAssets;
  beforeAll(async () => {
    assets = await bundle(config, first);
  });

  it("are the same bytes wherever they are made, so that a deployment changes only what changed", async () => {
    await bundle(config, second);
    expect(contents(first)).toEqual(contents(second));
  });

  it("hold the configuration and worker files of the functions that need them, and of no others", () => {
    for (const [name, directory] of Object.entries(assets)) {
      const { needsConfig, workers = {}, files = {} } = functionSpecs[name as keyof FunctionAssets];
      const beside = [...Object.keys(workers).map((worker) => `${worker}.mjs`), ...Object.keys(files)];
      const expected = ["index.mjs", `handle-${name}.mjs`, ...(needsConfig ? ["config.json"] : []), ...beside];
      const pieces = readdirSync(directory).filter((file) => !/^piece-|\.map$/.test(file));
      expect([name, ...pieces.sort()]).toEqual([name, ...expected.sort()]);
    }
  });

  it("throw errors under their own names, minified or not", async () => {
    const { handler } = (await import(pathToFileURL(path.join(assets.resolve ?? "", "index.mjs")).href)) as {
      handler: (event: unknown, context: unknown) => Promise<unknown>;
    };
    const context = { awsRequestId: "test", getRemainingTimeInMillis: () => 30_000 };
    await expect(handler({ nothing: true }, context)).rejects.toMatchObject({ name: "ConfigurationError" });
  });
});

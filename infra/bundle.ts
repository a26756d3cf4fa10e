/**
 * Every handler there is, bundled in one esbuild call: one folder per function, everything it needs inside, the SDK included.
 * The same sources and configuration give the same bytes wherever the output goes, so a deployment changes only what changed.
 * @module
 */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { build, type OutputFile } from "esbuild";
import type { HoldfastConfig } from "../core/config/index.ts";
import { exists } from "./files.ts";
import { type FunctionName, functionSpecs } from "./functions.ts";

/** The folder of each function that can be deployed. */
export type FunctionAssets = Readonly<Partial<Record<FunctionName, string>>>;

export const REPOSITORY = path.resolve(import.meta.dirname, "..");

/** CommonJS packages inside an ES module still call `require`. */
const REQUIRE_BANNER =
  "import{createRequire as holdfastRequire}from'node:module';const require=holdfastRequire(import.meta.url);";

/** Bundles all `lambdas/<name>/handler.ts` that exist into `outDir/<name>/`. */
export async function bundle(config: HoldfastConfig, outDir: string): Promise<FunctionAssets> {
  const names = await deployableFunctions();
  const outputs = await compile(await entryPoints(names));
  for (const { path: file, contents } of outputs) {
    const target = path.join(outDir, path.relative(VIRTUAL_OUT, file));
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, contents);
  }
  await Promise.all(names.map((name) => addFiles(name, config, path.join(outDir, name))));
  return Object.fromEntries(names.map((name) => [name, path.join(outDir, name)]));
}

/** Functions of the table whose handler is written. */
async function deployableFunctions(): Promise<FunctionName[]> {
  const names = Object.keys(functionSpecs) as FunctionName[];
  const present = await Promise.all(names.map((name) => exists(handlerOf(name))));
  return names.filter((_name, index) => present[index]);
}

function handlerOf(name: FunctionName): string {
  return path.join(REPOSITORY, "lambdas", name, "handler.ts");
}

async function entryPoints(names: readonly FunctionName[]): Promise<{ in: string; out: string }[]> {
  const entries = names.map((name) => ({ in: handlerOf(name), out: `${name}/index` }));
  for (const name of names) {
    for (const [output, source] of Object.entries(functionSpecs[name].workers ?? {})) {
      const file = path.join(REPOSITORY, source);
      if (await exists(file)) entries.push({ in: file, out: `${name}/${output}` });
    }
  }
  return entries;
}

/** Paths inside source maps are relative to the output; a fixed place that is never written keeps them, and the hashes, the same. */
const VIRTUAL_OUT = path.join(REPOSITORY, "dist", "functions");

async function compile(entries: { in: string; out: string }[]): Promise<OutputFile[]> {
  if (entries.length === 0) return [];
  const result = await build({
    entryPoints: entries,
    absWorkingDir: REPOSITORY,
    outdir: VIRTUAL_OUT,
    outExtension: { ".js": ".mjs" },
    write: false,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    mainFields: ["module", "main"],
    // Error names are string literals, so that minifying cannot rename what a state machine matches.
    minify: true,
    sourcemap: "linked",
    sourcesContent: false,
    banner: { js: REQUIRE_BANNER },
    // An optional native binding of pg that is never installed.
    external: ["pg-native"],
    logLevel: "warning",
  });
  return result.outputFiles;
}

async function addFiles(name: FunctionName, config: HoldfastConfig, directory: string): Promise<void> {
  const { needsConfig, files = {} } = functionSpecs[name];
  if (needsConfig) await writeFile(path.join(directory, "config.json"), JSON.stringify(config));
  for (const [output, source] of Object.entries(files)) {
    await copyFile(path.join(REPOSITORY, source), path.join(directory, output));
  }
}

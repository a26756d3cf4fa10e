/**
 * What is backed up, when, how and where to: `defineConfig` for people, `parseConfig` for files, names of the environment for functions.
 * @module
 */
export * from "./environment.ts";
export { defineConfig, parseConfig } from "./parse.ts";
export type { HoldfastConfig, HoldfastConfigInput, NetworkConfig, TargetConfig } from "./schema.ts";
export type { Compression, SourceConfig } from "./source.ts";

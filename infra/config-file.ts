/**
 * Finds the configuration: `holdfast.config.ts` of the checkout, or the file HOLDFAST_CONFIG names.
 * @module
 */
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type HoldfastConfig, parseConfig } from "../core/config/index.ts";
import { ConfigurationError } from "../core/errors.ts";
import { REPOSITORY } from "./bundle.ts";

/** @throws ConfigurationError `config-file-missing`, `invalid-config` */
export async function loadConfig(file = process.env.HOLDFAST_CONFIG ?? "holdfast.config.ts"): Promise<HoldfastConfig> {
  const location = path.resolve(REPOSITORY, file);
  const module = await import(pathToFileURL(location).href).catch((cause: unknown) => {
    if (cause instanceof ConfigurationError) throw cause;
    throw new ConfigurationError(
      "config-file-missing",
      `configuration ${location} cannot be loaded: ${String(cause)}`,
      {
        hint: "Name a file whose default export is defineConfig({ … }) in HOLDFAST_CONFIG.",
        cause,
      },
    );
  });
  return parseConfig((module as { default?: unknown }).default);
}

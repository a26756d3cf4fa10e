/** What is deployed while a run is under way: another setting of its source, and so other versions of the functions that know it. */
import { defineConfig } from "../../core/config/index.ts";
import config from "../support/stack-config.ts";

const { bank } = config.sources;
if (bank === undefined) throw new Error("the stack's configuration has no source bank");

export default defineConfig({
  ...config,
  sources: { ...config.sources, bank: { ...bank, rowHash: "off" } },
});

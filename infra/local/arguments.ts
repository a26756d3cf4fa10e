/** Flags of the `local` scripts. @module */
import { parseArgs } from "node:util";
import type { LocalOptions } from "./stack.ts";

/** `--config FILE --dir FOLDER --port N --postgres-port N` */
export function localArguments(): LocalOptions {
  const { values } = parseArgs({
    options: {
      config: { type: "string" },
      dir: { type: "string" },
      port: { type: "string" },
      "postgres-port": { type: "string" },
    },
  });
  return {
    ...(values.config !== undefined && { config: values.config }),
    ...(values.dir !== undefined && { dir: values.dir }),
    ...(values.port !== undefined && { port: portOf(values.port) }),
    ...(values["postgres-port"] !== undefined && { postgresPort: portOf(values["postgres-port"]) }),
  };
}

function portOf(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`port is ${text}, allowed is a whole number from 1 to 65535`);
}

#!/usr/bin/env node
// Holdfast is TypeScript that Node 24 runs as it stands. Where `node` is older, the checkout's own Node takes over.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";

const NEEDED_MAJOR = 24;
const main = fileURLToPath(new URL("../main.ts", import.meta.url));

if (Number.parseInt(process.versions.node, 10) >= NEEDED_MAJOR) {
  await import(main);
} else {
  const own = fileURLToPath(new URL("../../node_modules/node/bin/node", import.meta.url));
  if (!existsSync(own)) {
    process.stderr.write(
      `holdfast: needs Node ${NEEDED_MAJOR}, this is ${process.version}; run \`npm ci\` in the checkout\n`,
    );
    process.exit(1);
  }
  const child = spawn(own, [main, ...process.argv.slice(2)], { stdio: "inherit" });
  // A signal may be meant for this process alone; the command counts an interruption once however often it arrives.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => {
    process.stderr.write(`holdfast: ${own} did not start: ${error.message}\n`);
    process.exit(1);
  });
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

/** `npm run local`: starts the local AWS and PostgreSQL, deploys the configuration, leaves it running. @module */
import { localArguments } from "./arguments.ts";
import { readLocal, startLocal, stopLocal } from "./stack.ts";

const INTERRUPTED = 130;
const say = (line: string) => process.stderr.write(`${line}\n`);
const options = localArguments();
const wasRunning = (await readLocal(options.dir)) !== undefined;
const interrupted = new Promise<never>((_resolve, reject) => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => reject(new Error(signal)));
});
const began = performance.now();
try {
  const { dir, postgres } = await Promise.race([startLocal({ ...options, log: say }), interrupted]);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const { host, port, user, password } = postgres;
  say(`Ready after ${seconds} s.

  eval "$(npm run -s local:env)"   points this shell at it
  npx holdfast list                talks to it
  npm run local:stop               ends it and removes its data

  PostgreSQL: postgres://${user}:${password}@${host}:${port}/postgres
  Logs:       ${dir}/logs`);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  if (/^SIG(INT|TERM)$/.test(message)) {
    if (!wasRunning) await stopLocal(options.dir);
    process.exit(INTERRUPTED);
  }
  // A wrong configuration or a failed deployment is told by its message; a stack trace would bury it.
  say(`Not started: ${message}`);
  process.exit(1);
}

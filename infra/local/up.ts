/** `npm run local`: starts the local AWS and PostgreSQL, deploys the configuration, leaves it running. @module */
import { localArguments } from "./arguments.ts";
import { startLocal } from "./stack.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);
const began = performance.now();
const stack = await startLocal({ ...localArguments(), log: say });
const seconds = ((performance.now() - began) / 1000).toFixed(1);
const { host, port, user, password } = stack.postgres;
say(`Ready after ${seconds} s.

  eval "$(npm run -s local:env)"   points this shell at it
  npx holdfast list                talks to it
  npm run local:stop               ends it and removes its data

  PostgreSQL: postgres://${user}:${password}@${host}:${port}/postgres
  Logs:       ${stack.dir}/logs`);

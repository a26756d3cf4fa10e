/**
 * `npm run test:chaos -- [--minutes 30] [--seed TEXT] [--round N]`: random faults at random moments against the deployed
 * stack. A round is played again by its seed and number: the same faults at the same moments, as far as a machine repeats itself.
 */
import { randomBytes } from "node:crypto";
import path from "node:path";
import { parseArgs } from "node:util";
import { startVitest } from "vitest/node";
import { handOn } from "./parameters.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "30" },
    seed: { type: "string", default: randomBytes(4).toString("hex") },
    round: { type: "string" },
  },
});
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes is ${values.minutes}, allowed is a number above 0`);
process.stdout.write(
  `seed ${values.seed}, ${minutes} min; again by: npm run test:chaos -- --seed ${values.seed} --minutes ${minutes}\n`,
);
handOn({
  seed: values.seed,
  minutes,
  ...(values.round === undefined ? {} : { only: Number(values.round) }),
});
const vitest = await startVitest("test", [], {
  config: path.join(import.meta.dirname, "vitest.config.ts"),
  watch: false,
});
await vitest.close();

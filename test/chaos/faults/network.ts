/** Faults of the network between the functions and the database, for runs whose sessions go through the proxy. */
import { setTimeout as pause } from "node:timers/promises";
import type { PgFaultKind } from "../../support/pg-faults.ts";
import type { Random } from "../random.ts";
import { type Fault, moment } from "./fault.ts";

/** About what one session of a chaos carries. */
const MANY_BYTES = 6_000_000;
/** A silence is ended by a reset in the end, as most are. */
const LONGEST_SILENCE_MILLIS = 20_000;

function kindOf(random: Random): PgFaultKind {
  return random.pick<PgFaultKind>([
    "hang-up",
    { cutAfterBytes: random.whole(0, 20_000) },
    { cutAfterBytes: random.whole(0, MANY_BYTES) },
    { cutAfterBytes: random.whole(0, MANY_BYTES) },
    { silenceAfterBytes: random.whole(0, MANY_BYTES) },
    { delayMillis: random.whole(1, 40) },
  ]);
}

export const networkFaults: readonly Fault[] = [
  {
    name: "network broken",
    strike: async ({ proxy, random, over }) => {
      if (proxy === undefined) return undefined;
      const does = kindOf(random);
      const isSilent = typeof does === "object" && "silenceAfterBytes" in does;
      const fault = proxy.fault({ does, skip: random.whole(0, 8), times: isSilent ? 1 : random.whole(1, 4) });
      const ended = new Promise((resolve) => over.addEventListener("abort", resolve, { once: true }));
      if (isSilent) {
        await Promise.race([ended, pause(LONGEST_SILENCE_MILLIS)]);
        proxy.cut();
      }
      await ended;
      fault.end();
      return fault.hits() === 0 ? undefined : `${JSON.stringify(does)} for ${fault.hits()} connections`;
    },
  },
  {
    name: "network down",
    isSingle: true,
    strike: async (run) => {
      const { proxy, random } = run;
      if (proxy === undefined || !(await moment(run, 4_000))) return undefined;
      await proxy.refuse();
      const cut = proxy.cut();
      const downMillis = random.whole(100, 3_000);
      await pause(downMillis);
      await proxy.listen();
      return `the network was down for ${downMillis} ms, ${cut} connections cut`;
    },
  },
];

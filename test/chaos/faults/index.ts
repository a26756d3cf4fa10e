/** Every fault there is, by what it can strike. */
import { awsFaults } from "./aws.ts";
import { databaseFaults, migrations } from "./database.ts";
import { deliveryFaults, secondRun } from "./delivery.ts";
import type { Fault } from "./fault.ts";
import { networkFaults } from "./network.ts";

type Some = readonly [Fault, ...Fault[]];

const ofRun = [...awsFaults, ...awsFaults, ...awsFaults, ...deliveryFaults];
/** Those of sessions find processes by the server's view of them, which a proxy hides. */
const common = { direct: [...ofRun, ...databaseFaults], proxied: [...ofRun, ...networkFaults, ...networkFaults] };

export const restoreFaults = common as unknown as Readonly<Record<Way, Some>>;
export const backupFaults = {
  direct: [...common.direct, ...migrations, secondRun],
  proxied: [...common.proxied, ...migrations, secondRun],
} as unknown as Readonly<Record<Way, Some>>;
/** How sessions reach the server. */
export type Way = "direct" | "proxied";
export { deliverLate } from "./delivery.ts";
export type { Struck } from "./fault.ts";

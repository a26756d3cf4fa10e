/** Every fault there is, by what it can strike. */
import { awsFaults } from "./aws.ts";
import { databaseFaults, migrations } from "./database.ts";
import { deliveryFaults, secondRun } from "./delivery.ts";
import type { Fault } from "./fault.ts";

type Some = readonly [Fault, ...Fault[]];

const common = [...awsFaults, ...awsFaults, ...awsFaults, ...databaseFaults, ...deliveryFaults];

export const backupFaults = [...common, ...migrations, secondRun] as unknown as Some;
export const restoreFaults = common as unknown as Some;
export { deliverLate } from "./delivery.ts";
export type { Struck } from "./fault.ts";

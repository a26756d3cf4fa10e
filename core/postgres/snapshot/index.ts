/** One moment of the database, held by locks and an exported snapshot, shared by many sessions and handed on. @module */
export { assertSame } from "./identity.ts";
export { explainLockFailure, isLockRefused, isRelationGone, lockRelations } from "./locks.ts";
export { importSnapshot, type Relayed, type RelayOptions, relayBase } from "./relay.ts";
export { type Base, type SnapshotDetails, type TakeBaseOptions, takeBase } from "./take-base.ts";
export { findWaiters, type Waiter } from "./waiters.ts";

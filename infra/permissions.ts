/**
 * What a function may do, as data: read by `infra/functions.ts`, turned into IAM statements by `infra/constructs/grants.ts`.
 * One word says what, one says where; nothing here is a wildcard over resources.
 * @module
 */

/** Prefixes of the vault (docs/FORMAT.md). */
export type VaultPrefix = "v1/vault.json" | "v1/meta/" | "v1/data/" | "v1/audit/" | "v1/reports/";

/** What may be created below `v1/meta/` is told apart by kind: who writes a schema cannot write a manifest. */
export type CreatablePrefix =
  | Exclude<VaultPrefix, "v1/meta/">
  /** The first generation alone: a later one would stand before it. */
  | "v1/meta/*/keys/0001.json"
  | "v1/meta/*/schema/"
  | "v1/meta/*/manifest"
  | "v1/meta/*/summary.json";

/** What a run that died may have left: never a manifest, so nobody may make a restore point cease to be one. */
export type ClearablePrefix = "v1/data/" | "v1/meta/*/keys/" | "v1/meta/*/schema/" | "v1/meta/*/manifest-parts/";

export type Permission =
  | { readonly on: "vault"; readonly may: "read"; readonly prefix: VaultPrefix }
  /** Put-if-absent and multipart upload, the abort of one's own included. */
  | { readonly on: "vault"; readonly may: "create"; readonly prefix: CreatablePrefix }
  /** Of current versions only; a version stays until lifecycle clears it. */
  | { readonly on: "vault"; readonly may: "delete"; readonly prefix: ClearablePrefix }
  /** Finds the multipart uploads that others left, and ends them. */
  | { readonly on: "vault"; readonly may: "abort"; readonly prefix: VaultPrefix }
  | { readonly on: "vault"; readonly may: "list" }
  | { readonly on: "work"; readonly may: "read" | "write" }
  | { readonly on: "catalog"; readonly may: "read" | "write" }
  /** `wrap` makes envelopes, `unwrap` opens them. */
  | { readonly on: "key"; readonly may: "wrap" | "unwrap" }
  /** The connections of the worker set's own network: those of sources, or of targets. */
  | { readonly on: "secrets"; readonly may: "read"; readonly of: "sources" | "targets" }
  /** Logging in by token, as the users that the configuration names: those of sources, or of targets. */
  | { readonly on: "databases"; readonly may: "connect"; readonly of: "sources" | "targets" }
  | { readonly on: "alerts"; readonly may: "publish" }
  /** `holdfast.*` events on the account's default bus. */
  | { readonly on: "events"; readonly may: "put" };

export const vault = {
  read: (prefix: VaultPrefix): Permission => ({ on: "vault", may: "read", prefix }),
  create: (prefix: CreatablePrefix): Permission => ({ on: "vault", may: "create", prefix }),
  delete: (prefix: ClearablePrefix): Permission => ({ on: "vault", may: "delete", prefix }),
  abort: (prefix: VaultPrefix): Permission => ({ on: "vault", may: "abort", prefix }),
  list: (): Permission => ({ on: "vault", may: "list" }),
};
export const work = {
  read: (): Permission => ({ on: "work", may: "read" }),
  write: (): Permission => ({ on: "work", may: "write" }),
};
export const catalog = {
  read: (): Permission => ({ on: "catalog", may: "read" }),
  write: (): Permission => ({ on: "catalog", may: "write" }),
};
export const key = {
  wrap: (): Permission => ({ on: "key", may: "wrap" }),
  unwrap: (): Permission => ({ on: "key", may: "unwrap" }),
};
export const secrets = {
  readSources: (): Permission => ({ on: "secrets", may: "read", of: "sources" }),
  readTargets: (): Permission => ({ on: "secrets", may: "read", of: "targets" }),
};
export const databases = {
  connectToSources: (): Permission => ({ on: "databases", may: "connect", of: "sources" }),
  connectToTargets: (): Permission => ({ on: "databases", may: "connect", of: "targets" }),
};
export const alerts = { publish: (): Permission => ({ on: "alerts", may: "publish" }) };
export const events = { put: (): Permission => ({ on: "events", may: "put" }) };

/**
 * The functions of a backup, called in this process as its state machine calls them: against the stack's catalog and a real
 * database, with a vault in memory, so that a test can call them twice, late, or hold one up in the middle.
 */
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { inject } from "vitest";
import { auditLog } from "../../core/audit/index.ts";
import { commitBackup } from "../../core/backup/commit/commit.ts";
import type { Deadline } from "../../core/backup/deadline.ts";
import { dumpChunk } from "../../core/backup/dump/dump-chunk.ts";
import { type HoldResult, hold } from "../../core/backup/dump/hold.ts";
import { type Planned, planBackup } from "../../core/backup/dump/plan-dump.ts";
import { makeEnvelope } from "../../core/backup/encrypt.ts";
import { judgeDump } from "../../core/backup/judge.ts";
import { preflightBackup } from "../../core/backup/preflight.ts";
import { restartBackup } from "../../core/backup/prepare.ts";
import { refOf } from "../../core/backup/settings.ts";
import { type Catalog, createCatalog, type Run, sourceKey } from "../../core/catalog/index.ts";
import type { HoldfastConfig } from "../../core/config/index.ts";
import { newRestorePointId, newRunId } from "../../core/ids.ts";
import { type Begun, beginRun } from "../../core/runs/begin.ts";
import { type Ended, type EndRequest, endRun } from "../../core/runs/end.ts";
import { openEnvelope } from "../../core/vault/envelope/open.ts";
import { readManifest } from "../../core/vault/manifest/read.ts";
import type { Manifest } from "../../core/vault/manifest/schema.ts";
import type { Store } from "../../core/vault/store/port.ts";
import { verifyFull } from "../../core/vault/verify/verify.ts";
import { type MemoryStore, memoryStore } from "../support/memory-store.ts";
import type { TestDatabase } from "../support/postgres.ts";
import { newRsaRecipient } from "../support/recipients.ts";
import { clients } from "../support/stack.ts";

/** Shorter than those of a Lambda; long enough that the catalog gets some rest. */
const PAUSE_MILLIS = 60;
/** Pauses between beats are left as they are: a test that holds a function up means a function that is dead. */
const BEAT_MILLIS = 30_000;
const FUNCTION_MILLIS = 10 * 60_000;
const WORKERS = 3;
const key = newRsaRecipient();

/** What tells people and programs, as it was told. */
export interface Told {
  readonly alerts: string[];
  readonly events: string[];
}

export class Backup {
  readonly vault: MemoryStore = memoryStore();
  readonly work: MemoryStore = memoryStore();
  readonly told: Told = { alerts: [], events: [] };
  readonly source = `s${randomBytes(6).toString("hex")}`;
  readonly catalog: Catalog;
  readonly #database: TestDatabase;
  #aheadMillis = 0;

  constructor(database: TestDatabase) {
    this.#database = database;
    const table = inject("stack").parameter.catalogTable;
    this.catalog = createCatalog({ client: clients.dynamodb(), table, clock: this.clock });
  }

  readonly clock = (): Date => new Date(Date.now() + this.#aheadMillis);

  later(seconds: number): void {
    this.#aheadMillis += seconds * 1000;
  }

  /** An execution of its own. */
  execution() {
    const name = newRunId(this.source, this.clock(), randomBytes);
    return { arn: `arn:aws:states:::execution:backup:${name}`, name, startedAt: this.clock().toISOString() };
  }

  resolve(execution = this.execution()): Promise<Begun> {
    const input = { source: this.source };
    return beginRun({ kind: "backup", execution, input }, () => this.#prepared(), this.#beginning());
  }

  startOver(runId: string, epoch: number): Promise<Begun> {
    return restartBackup(runId, epoch, this.#beginning());
  }

  /** Up to the point where holders and workers may live. */
  async prepare(runId: string, epoch = 1): Promise<void> {
    await this.preflight(runId, epoch);
    await this.encrypt(runId, epoch);
  }

  async preflight(runId: string, epoch = 1): Promise<void> {
    await preflightBackup(runId, epoch, this.#context());
  }

  async encrypt(runId: string, epoch = 1): Promise<void> {
    const { recipient, unwrapper } = key;
    const keys = { recipients: [recipient], unwrappers: [unwrapper], random: randomBytes };
    await makeEnvelope(runId, epoch, { ...this.#context(), ...keys });
  }

  hold(runId: string, n = 0, epoch = 1): Promise<HoldResult> {
    return hold({ runId, epoch, n }, this.#context());
  }

  plan(runId: string, epoch = 1, stores: Stores = {}): Promise<Planned> {
    return planBackup(runId, epoch, this.#context(stores));
  }

  dump(runId: string, n: number, epoch = 1, stores: Stores = {}): Promise<{ next: number }> {
    return dumpChunk({ runId, epoch, n }, this.#context(stores));
  }

  /** A child of the distributed Map. */
  async lane(runId: string, n: number, epoch = 1): Promise<void> {
    for (let next = n; next > 0; ) ({ next } = await this.dump(runId, next, epoch));
  }

  judge(runId: string, epoch = 1): Promise<unknown> {
    return judgeDump(runId, epoch, this.catalog);
  }

  upload(runId: string, stores: Stores = {}): Promise<{ restorePointId: string }> {
    return commitBackup(runId, { ...this.#context(stores), version: "0.0.0" });
  }

  record(execution: EndRequest["execution"], status: EndRequest["status"]): Promise<Ended> {
    const request: EndRequest = { kind: "backup", execution, input: { source: this.source }, status };
    return endRun(request, {
      catalog: this.catalog,
      installation: "test",
      sendAlert: async (subject) => void this.told.alerts.push(subject),
      sendEvent: async (type, { runId }) => void this.told.events.push(`${type} ${runId}`),
      measure: () => {},
      audit: auditLog(this.vault),
    });
  }

  /** The whole dump by a state machine that calls everything once. */
  async dumpAll(runId: string, epoch = 1): Promise<void> {
    const holder = this.hold(runId, 0, epoch);
    const { itemsKey } = await this.plan(runId, epoch);
    await Promise.all(this.items(itemsKey).map((n) => this.lane(runId, n, epoch)));
    await this.judge(runId, epoch);
    await holder;
  }

  items(itemsKey: string): number[] {
    const items = JSON.parse(this.work.objects.get(itemsKey)?.toString() ?? "[]") as { n: number }[];
    return items.map(({ n }) => n);
  }

  /** The manifest, once every byte that it lists has been read back. */
  async restorePoint(run: Run): Promise<Manifest> {
    const ref = refOf(run);
    const report = await verifyFull(this.vault, [key.unwrapper], ref);
    if (report.issues.length > 0) throw new Error(JSON.stringify(report.issues));
    return readManifest(this.vault, await openEnvelope(this.vault, ref, [key.unwrapper]), ref);
  }

  #beginning() {
    const { catalog, clock } = this;
    const config = { installation: "test" } as HoldfastConfig;
    return { catalog, clock, random: randomBytes, workers: { public: {} }, config, audit: auditLog(this.vault) };
  }

  #prepared() {
    const settings = {
      ...{ connection: "any", network: "public", compression: { codec: "none" }, verify: "quick", rowHash: "always" },
      ...{ concurrency: WORKERS, chunkBytes: 64 * 1024, holdSeconds: 300, relayLeadSeconds: 2, lockWaitSeconds: 5 },
    };
    const restorePointId = newRestorePointId(this.clock(), randomBytes);
    return { settings, restorePointId, network: "public", leaseOn: sourceKey(this.source) };
  }

  #context({ vault = this.vault, work = this.work, deadline }: Stores = {}) {
    const endsAt = Date.now() + FUNCTION_MILLIS;
    return {
      catalog: this.catalog,
      clock: this.clock,
      vault,
      work,
      unwrappers: [key.unwrapper],
      pause: async (millis: number, signal?: AbortSignal) => {
        const options = signal === undefined ? {} : { signal };
        await sleep(millis >= BEAT_MILLIS ? millis : PAUSE_MILLIS, undefined, options).catch(() => {});
      },
      deadline: deadline ?? { remainingMillis: () => Math.max(0, endsAt - Date.now()) },
      readConnection: async () => this.#database.url,
      mintToken: () => Promise.reject(new Error("no connection of this test logs in by token")),
    };
  }
}

interface Stores {
  readonly vault?: Store;
  readonly work?: Store;
  readonly deadline?: Deadline;
}

/** A store whose first call of `method` with such a key stands still until the gate is opened. */
export function gated(store: Store, method: "putIfAbsent" | "upload" | "head", containing: string) {
  const { promise: isOpen, resolve: open } = Promise.withResolvers<void>();
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const held = async (key: string): Promise<void> => {
    if (!key.includes(containing)) return;
    reach();
    await isOpen;
  };
  const gatedStore: Store = {
    ...store,
    [method]: async (key: string, ...rest: never[]) => {
      await held(key);
      return (store[method] as (key: string, ...rest: never[]) => unknown)(key, ...rest);
    },
  };
  return { store: gatedStore, reached, open };
}

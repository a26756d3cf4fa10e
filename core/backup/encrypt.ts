/** The restore point's envelope, made before its first chunk: plaintext never rests. @module */
import type { Catalog } from "../catalog/index.ts";
import type { RandomBytes } from "../ids.ts";
import { createEnvelope } from "../vault/envelope/create.ts";
import type { Recipient, Unwrapper } from "../vault/envelope/recipient.ts";
import { ensureVault } from "../vault/marker.ts";
import type { Store } from "../vault/store/port.ts";
import { phase } from "./phases.ts";
import { refOf } from "./settings.ts";

export interface EncryptContext {
  readonly catalog: Catalog;
  readonly vault: Store;
  readonly recipients: readonly Recipient[];
  readonly unwrappers: readonly Unwrapper[];
  readonly random: RandomBytes;
}

/**
 * Idempotent: of two at once one makes the envelope and both go on with it. From here on the run is dumping: holders and
 * workers may live.
 * @throws CancelledError `run-moved-on` when the run is past it: a late call would call back to work what has let go.
 */
export async function makeEnvelope(runId: string, epoch: number, context: EncryptContext): Promise<{ runId: string }> {
  const { catalog, vault, recipients, unwrappers, random } = context;
  const run = await catalog.runs.advance(runId, { epoch, from: [phase.preparing, phase.dumping] });
  await ensureVault(vault);
  await createEnvelope(vault, refOf(run), { recipients, unwrappers, random });
  await catalog.runs.advance(runId, { epoch, from: [phase.preparing], to: phase.dumping });
  return { runId };
}

/**
 * What verifications have found, as objects beside the restore points: written once each, never changed, so that a catalog
 * made anew knows what is damaged. In clear and not authenticated: they can accuse a restore point, not acquit one.
 * @module
 */
import { z } from "zod";
import { IntegrityError } from "../errors.ts";
import { NAME_PATTERN, RESTORE_POINT_ID_PATTERN, RUN_ID_PATTERN } from "../ids.ts";
import { type RestorePointRef, vaultKeys } from "./keys.ts";
import type { Store } from "./store/port.ts";
import { gather } from "./stream/pieces.ts";

const FORMAT = "holdfast-verification-1";

const verificationSchema = z.object({
  format: z.literal(FORMAT),
  source: z.string().regex(NAME_PATTERN),
  kind: z.literal("full"),
  restorePointId: z.string().regex(RESTORE_POINT_ID_PATTERN),
  runId: z.string().regex(RUN_ID_PATTERN),
  level: z.enum(["presence", "quick", "full"]),
  /** When it was judged; ISO 8601 in UTC. */
  at: z.iso.datetime(),
  isValid: z.boolean(),
  /** The first of what was found; `where` is an object's key. */
  findings: z.array(z.object({ where: z.string(), code: z.string(), message: z.string() })),
});
export type Verification = z.infer<typeof verificationSchema>;

/** Some fifty findings. */
const MOST_BYTES = 1024 * 1024;

/** Files the report of one run, once. @returns what is filed: of a run that is judged again, its first report. */
export async function fileVerification(
  store: Store,
  ref: RestorePointRef,
  verification: Omit<Verification, "format" | keyof RestorePointRef>,
): Promise<Verification> {
  const key = vaultKeys.reportKey(ref, verification.runId);
  const report: Verification = { format: FORMAT, ...ref, ...verification };
  if (await store.putIfAbsent(key, Buffer.from(`${JSON.stringify(report, null, 2)}\n`))) return report;
  return readVerification(store, key);
}

/** Everything that was ever found of a restore point, oldest first, and the reports that cannot be read. */
export async function readVerifications(
  store: Store,
  ref: RestorePointRef,
): Promise<{ readonly verifications: readonly Verification[]; readonly damaged: readonly IntegrityError[] }> {
  const verifications: Verification[] = [];
  const damaged: IntegrityError[] = [];
  for await (const { key } of store.list(vaultKeys.reportPrefix(ref))) {
    try {
      verifications.push(await readVerification(store, key));
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
      damaged.push(error);
    }
  }
  return { verifications: verifications.toSorted((a, b) => a.at.localeCompare(b.at)), damaged };
}

/** Whether some report says that it is damaged, or cannot be read and may say so. */
export async function isAccused(store: Store, ref: RestorePointRef): Promise<boolean> {
  const { verifications, damaged } = await readVerifications(store, ref);
  return damaged.length > 0 || verifications.some(({ isValid }) => !isValid);
}

/** @throws IntegrityError `report-invalid` */
async function readVerification(store: Store, key: string): Promise<Verification> {
  const bytes = await gather(await store.read(key), MOST_BYTES).catch((error: unknown) => {
    throw error instanceof RangeError ? invalid(key, error.message, error) : error;
  });
  const parsed = verificationSchema.safeParse(parseJson(bytes));
  if (!parsed.success) throw invalid(key, "it is no report of this version", parsed.error);
  const { source, kind, restorePointId, runId } = parsed.data;
  const own = vaultKeys.reportKey({ source, kind, restorePointId }, runId);
  if (own !== key) throw invalid(key, `it belongs under ${own}`);
  return parsed.data;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function invalid(key: string, reason: string, cause?: unknown): IntegrityError {
  return new IntegrityError("report-invalid", `report ${key}: ${reason}`, {
    hint: "Somebody changed it: look at its older versions. Until then its restore point passes for damaged.",
    cause,
  });
}

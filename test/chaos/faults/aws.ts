/** Faults between functions and AWS: throttled, reset, slow, and processes that die before or after a request. */
import { awsFault, type FaultEffect, type FaultRule } from "../../support/aws-faults/index.ts";
import type { Random } from "../random.ts";
import type { Fault } from "./fault.ts";

type Aimed = readonly [service: string, operation: string];

const requests: readonly [Aimed, ...Aimed[]] = [
  ["s3", "PutObject"],
  ["s3", "GetObject"],
  ["s3", "HeadObject"],
  ["s3", "CreateMultipartUpload"],
  ["s3", "UploadPart"],
  ["s3", "CompleteMultipartUpload"],
  ["kms", "Decrypt"],
  ["kms", "GenerateDataKey"],
  ["dynamodb", "UpdateItem"],
  ["dynamodb", "GetItem"],
  ["dynamodb", "PutItem"],
  ["dynamodb", "Query"],
  ["dynamodb", "TransactWriteItems"],
  ["dynamodb", "BatchWriteItem"],
  ["secretsmanager", "GetSecretValue"],
  ["sns", "Publish"],
  ["events", "PutEvents"],
];

function refusal([service]: Aimed): FaultEffect {
  if (service === "s3") return { status: 503, code: "SlowDown" };
  if (service === "kms" || service === "dynamodb") return { status: 400, code: "ThrottlingException" };
  return { status: 500, code: "InternalFailure" };
}

function effectFor(aimed: Aimed, random: Random): FaultEffect {
  return random.pick<FaultEffect>([
    refusal(aimed),
    refusal(aimed),
    "reset",
    "reset-after",
    { resetAfterBytes: random.whole(0, 600_000) },
    { resetAfterAnswerBytes: random.whole(0, 600_000) },
    { delayMillis: random.whole(100, 4_000) },
    "kill-before",
    "kill-after",
  ]);
}

/** Chosen before the run begins, met when its time has come. */
export const awsFaults: readonly Fault[] = [
  {
    name: "request spoiled",
    strike: async ({ random, over }) => {
      const aimed = random.pick(requests);
      const [service, operation] = aimed;
      // Rarely for good: most of what a cloud does on its bad days passes.
      const times = random.happens(0.1) ? 1_000 : random.whole(1, 6);
      const rule: FaultRule = {
        service,
        operation,
        skip: random.whole(0, random.pick([1, 4, 40])),
        times,
        effect: effectFor(aimed, random),
      };
      const fault = await awsFault(rule);
      await new Promise((resolve) => over.addEventListener("abort", resolve, { once: true }));
      const hits = await fault.end();
      const what = typeof rule.effect === "string" ? rule.effect : JSON.stringify(rule.effect);
      return hits === 0 ? undefined : `${what} for ${hits} ${operation} after ${rule.skip}`;
    },
  },
];

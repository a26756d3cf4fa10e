/** Clears what was never committed. May delete, and holds no key. @module */
import middy from "@middy/core";
import { z } from "zod";
import { type Cleared, clearLeftovers } from "../../core/leftovers/clear.ts";
import { abortUploads } from "../shared/abort-uploads.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { catalog, fromEnvironment, s3Client, vaultStore, workStore } from "../shared/deps.ts";
import { parserOf, runIdField } from "../shared/events.ts";

const event = z.strictObject({
  runId: runIdField,
  leftoversKey: z.string().regex(/^runs\/[a-z0-9TZ-]+\/leftovers\.[0-9a-f]{64}\.json$/),
});

export const handler = middy<z.output<typeof event>, Cleared>(TIMEOUT_EARLY)
  .use(boundary(parserOf(event)))
  .handler((request) =>
    clearLeftovers(request, {
      catalog: catalog(),
      vault: vaultStore(),
      work: workStore(),
      abortUploads: (prefix) => abortUploads(s3Client(), fromEnvironment("vaultBucket"), prefix),
    }),
  );

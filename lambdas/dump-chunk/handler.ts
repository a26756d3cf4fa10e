/** Streams one chunk into the vault. @module */
import middy from "@middy/core";
import { dumpChunk } from "../../core/backup/dump/dump-chunk.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { sourceContext, vaultContext } from "../shared/deps.ts";
import { type ChunkEvent, chunkEvent, parserOf } from "../shared/events.ts";

export const handler = middy<ChunkEvent, { next: number }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(chunkEvent)))
  .handler((event, context) => dumpChunk(event, { ...vaultContext(), ...sourceContext(context) }));

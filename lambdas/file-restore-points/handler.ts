/** Files a group of restore points from the vault. @module */
import middy from "@middy/core";
import { fileGroup } from "../../core/rebuild/file.ts";
import { boundary, TIMEOUT_EARLY } from "../shared/boundary.ts";
import { catalog, unwrappers, vaultStore } from "../shared/deps.ts";
import { type ChunkEvent, chunkEvent, parserOf } from "../shared/events.ts";

export const handler = middy<ChunkEvent, { n: number }>(TIMEOUT_EARLY)
  .use(boundary(parserOf(chunkEvent)))
  .handler((group) => fileGroup(group, { catalog: catalog(), vault: vaultStore(), unwrappers: unwrappers() }));

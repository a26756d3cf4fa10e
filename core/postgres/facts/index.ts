/** What a restore finds where it is to go. @module */
export { readTargetFacts } from "./read-facts.ts";
export type { AskedFacts, FoundDatabase, FoundExtension, FoundRole, TargetFacts } from "./types.ts";

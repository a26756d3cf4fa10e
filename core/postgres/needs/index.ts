/** What a database needs of its server: read from the database, or from its archive. @module */
export { needsOfArchive } from "./from-archive.ts";
export { readNeeds } from "./read-needs.ts";
export type { NeededExtension, Needs } from "./types.ts";

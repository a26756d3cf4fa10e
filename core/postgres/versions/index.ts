/** What servers of different major versions can be told, by rules that are data. @module */
export { fitToServer } from "./fit.ts";
export { needsPublicSchema, publicSchemaEntries } from "./public-schema.ts";
export { knowsSetting, settingsThat } from "./settings.ts";
export type { EntryNote, Fitted, Lacking } from "./types.ts";

import { constraints } from "./constraints.ts";
import { tables } from "./tables.ts";
import type { Theme } from "./theme.ts";

export type { Theme, ThemeDatabase } from "./theme.ts";

/** Every theme; each is backed up and restored by the engine alone and by the deployed stack. */
export const themes: readonly Theme[] = [tables, constraints];

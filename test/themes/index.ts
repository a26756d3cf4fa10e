import { circles } from "./circles.ts";
import { constraints } from "./constraints.ts";
import { anew, bare, database } from "./database.ts";
import { latin1, sqlAscii } from "./encodings.ts";
import { extensions } from "./extensions.ts";
import { foreign } from "./foreign.ts";
import { functions } from "./functions.ts";
import { inheritance } from "./inheritance.ts";
import { large } from "./large.ts";
import { partitions } from "./partitions.ts";
import { privileges } from "./privileges.ts";
import { routines } from "./routines.ts";
import { tables } from "./tables.ts";
import { tablespaces } from "./tablespaces.ts";
import type { Theme } from "./theme.ts";
import { triggers } from "./triggers.ts";
import { types } from "./types.ts";
import { values } from "./values.ts";
import { views } from "./views.ts";

export type { Theme, ThemeDatabase } from "./theme.ts";

/** Every theme; each is backed up and restored by the engine alone and by the deployed stack. */
export const themes: readonly Theme[] = [
  tables,
  constraints,
  partitions,
  inheritance,
  triggers,
  types,
  routines,
  circles,
  views,
  functions,
  database,
  bare,
  anew,
  privileges,
  foreign,
  extensions,
  tablespaces,
  values,
  latin1,
  sqlAscii,
  large,
];

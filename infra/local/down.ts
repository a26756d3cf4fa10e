/** `npm run local:stop`: ends exactly what `npm run local` started and removes its data. @module */
import { localArguments } from "./arguments.ts";
import { stopLocal } from "./stack.ts";

await stopLocal(localArguments().dir);

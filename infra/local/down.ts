/** `npm run local:stop`: ends exactly what `npm run local` started and removes its data. @module */
import { localArguments } from "./arguments.ts";
import { readLocal, stopLocal } from "./stack.ts";

const { dir } = localArguments();
const stack = await readLocal(dir);
await stopLocal(dir);
// A shell that still names the certificate is warned by every Node from now on.
const isPointed = stack !== undefined && process.env.AWS_ENDPOINT_URL === stack.env.AWS_ENDPOINT_URL;
if (isPointed) {
  const names = [...Object.keys(stack.env), "PGHOST", "PGPORT", "PGUSER", "PGPASSWORD"];
  process.stderr.write(`Stopped. This shell still points there; to point it back:\n\n  unset ${names.join(" ")}\n`);
}

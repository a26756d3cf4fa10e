/** `npm run -s local:env`: shell lines that point a shell at the local stack, for `eval`. @module */
import { localArguments } from "./arguments.ts";
import { readLocal } from "./stack.ts";

const stack = await readLocal(localArguments().dir);
if (stack === undefined) {
  process.stderr.write("No local stack runs here; `npm run local` starts one.\n");
  process.exitCode = 1;
} else {
  const { host, port, user, password } = stack.postgres;
  const lines = Object.entries({
    ...stack.env,
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
  });
  const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  // A profile or session token of the developer's own would win over the keys given here.
  process.stdout.write(
    `unset AWS_PROFILE AWS_SESSION_TOKEN\n${lines.map(([name, value]) => `export ${name}=${quote(value)}\n`).join("")}`,
  );
}

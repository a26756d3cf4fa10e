/** `holdfast connect NAME`: stores a connection as a secret; its value never stands on a command line. @module */
import type { Command } from "commander";
import { connectionField } from "../../core/config/fields.ts";
import { parseConnection } from "../../core/postgres/connection.ts";
import { UsageError } from "../errors.ts";
import type { ConnectionStore } from "../installation/port.ts";
import { formatFields } from "../output/table.ts";
import { type CommandResult, succeeded } from "../result.ts";
import { type CommonOptions, examples, type Invoke, type Session, withCommonOptions } from "../session.ts";

type ConnectOptions = CommonOptions & { readonly file?: string; readonly replace?: boolean };

const HINT =
  'A connection is a URL, postgres://user:password@host:5432/database, or RDS\'s JSON with host, port, username, password (or "auth": "iam"), dbname.';

export function addConnect(program: Command, invoke: Invoke): void {
  withCommonOptions(program.command("connect"))
    .description("store a database connection as a secret, from a hidden prompt, a file or standard input")
    .argument("<name>", "the connection's name in the configuration")
    .option("--file <path>", "read the connection from this file")
    .option("--replace", "replace the connection that is stored under this name")
    .addHelpText(
      "after",
      examples(
        "holdfast connect shop",
        "holdfast connect shop --installation default   # before the first deployment too",
        "holdfast connect shop --file ./shop.url",
        "pass show shop/url | holdfast connect shop --replace",
      ),
    )
    .action((name: string, options: ConnectOptions) =>
      invoke("connect", options, (session) => connect(session, name, options)),
    );
}

async function connect(session: Session, name: string, options: ConnectOptions): Promise<CommandResult> {
  assertConnectionName(name);
  const { world } = session;
  const text =
    options.file === undefined
      ? await world.readSecret(`Connection of ${name} (URL or JSON, not shown): `)
      : await world.readFile(options.file);
  const secret = text.trim();
  if (secret === "") throw new UsageError("no-connection", "the connection is empty", HINT);
  const { host, port, user, database } = parseConnection(secret);
  const connections = await session.openConnections();
  const stored = await connections.store(name, secret, options.replace === true);
  const verb = stored.isReplaced ? "replaced" : "stored";
  const lines = formatFields([
    ["host", `${host}:${port}`],
    ["user", user],
    ["database", database],
  ]);
  const next = nextStep(name, connections);
  return succeeded(`${session.style.good(`${verb} ${stored.secretName}`)}\n${lines}\n${next}`, {
    ...stored,
    connection: { host, port, user, database },
  });
}

/** A name with a slip in it is stored like any other, and then no run finds it. */
function nextStep(name: string, { installation, isDeployed, used }: ConnectionStore): string {
  if (!isDeployed) return `${installation} is not deployed yet; its first run will test it.`;
  if (used === undefined || used.includes(name)) return "The preflight of the next run tests it.";
  const known = used.join(", ") || "none";
  return `No source or target of the deployed configuration connects by ${name}; in use are: ${known}.`;
}

function assertConnectionName(name: string): void {
  const checked = connectionField.safeParse(name);
  if (checked.success) return;
  // Whoever pastes the connection where its name belongs should not read the password once more.
  const got = name.includes("://") ? "a URL" : JSON.stringify(name);
  throw new UsageError(
    "invalid-name",
    `connection is ${got}, ${checked.error.issues[0]?.message}`,
    "The connection itself is asked for, or read with --file.",
  );
}

/** docs/recover-by-hand.md as a program: its blocks, as somebody who follows it would run them. */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import type { RestorePointRef } from "../../../core/vault/keys.ts";
import { nativePython, nativeTools } from "../../support/native.ts";
import { read } from "../pages.ts";

const PAGE = "docs/recover-by-hand.md";
const execute = promisify(execFile);

interface Block {
  readonly heading: string;
  readonly language: string;
  /** Name under which the page says to save it. */
  readonly file: string | undefined;
  readonly text: string;
}

export interface Attempt {
  readonly ref: RestorePointRef;
  /** Where the vault is: a copy on this disk, or a bucket. */
  readonly vault: { readonly directory: string } | { readonly bucket: string };
  readonly key: { readonly offlinePem: string } | "aws-kms";
  /** Which of the two forms of the schema is used. */
  readonly schema: "sql" | "archive";
  readonly database: string;
  readonly server: { readonly host: string; readonly port: number; readonly user: string; readonly password: string };
  readonly environment?: Readonly<Record<string, string>>;
}

export interface Followed {
  readonly exitCode: number;
  /** What each block printed, by the heading it stands under; several under one are joined. */
  readonly printed: ReadonlyMap<string, string>;
  readonly errors: string;
}

/** Makes the Python with the page's tools when there is none, which takes a while and the network once. */
export function prepareTools(): Promise<string> {
  return nativePython();
}

function blocks(): Block[] {
  const found: Block[] = [];
  let heading = "";
  let file: string | undefined;
  const parts = /^#{1,6} ([^\n]+)$|`(\w+\.py)`|^```(\w+)\n(.*?)^```$/gms;
  for (const [, title, saved, language, text] of read(PAGE).matchAll(parts)) {
    if (title !== undefined) heading = title;
    if (saved !== undefined) file = saved;
    if (language !== undefined && text !== undefined) {
      found.push({ heading, language, file: language === "python" ? file : undefined, text });
    }
  }
  return found;
}

/** Runs the page from its first block to its last, in a folder of its own. */
export async function follow(attempt: Attempt): Promise<Followed> {
  const python = await prepareTools();
  const folder = await mkdtemp(path.join(tmpdir(), "holdfast-by-hand-"));
  try {
    await symlink(path.dirname(path.dirname(python)), path.join(folder, "tools"));
    if ("directory" in attempt.vault) await symlink(attempt.vault.directory, path.join(folder, "copy"));
    if (attempt.key !== "aws-kms") await writeFile(path.join(folder, "offline-key.pem"), attempt.key.offlinePem);
    for (const { file, text } of blocks()) if (file !== undefined) await writeFile(path.join(folder, file), text);
    const script = path.join(folder, "page.sh");
    await writeFile(script, scriptOf(attempt));
    return await run(script, folder, await toolPath(folder, python), attempt);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** A virtual environment's scripts do not survive its renaming, so the AWS command line is called as a module. */
async function toolPath(folder: string, python: string): Promise<string> {
  const bin = path.join(folder, "bin");
  await mkdir(bin);
  const aws = path.join(bin, "aws");
  await writeFile(aws, `#!/bin/sh\nexec ${python} -m awscli "$@"\n`);
  await chmod(aws, 0o700);
  return [bin, await nativeTools(), path.dirname(python), process.env.PATH].join(path.delimiter);
}

const MARK = "=== under ";

function scriptOf(attempt: Attempt): string {
  const shell = blocks().filter(({ language }) => language === "sh");
  const chosen = shell.flatMap(({ heading, text }) => {
    if (heading === "With AWS KMS" && attempt.key !== "aws-kms") return [];
    if (heading === "With the offline key" && attempt.key === "aws-kms") return [];
    if (heading.endsWith("Fetch it") && "directory" in attempt.vault) return [];
    // The same packages are there already, by their digests.
    if (text.includes("pip install") || text.startsWith("pg_restore")) return [];
    return [`echo "${MARK}${heading}"\n${withChoices(text, attempt, shell)}`];
  });
  return ["set -e", ...chosen].join("\n");
}

function withChoices(text: string, attempt: Attempt, shell: readonly Block[]): string {
  const { ref, vault, server, database } = attempt;
  const values: Readonly<Record<string, string | number>> = {
    BUCKET: "bucket" in vault ? vault.bucket : "none",
    SOURCE: ref.source,
    ID: ref.restorePointId,
    DATABASE: database,
    PGHOST: server.host,
    PGPORT: server.port,
    PGUSER: server.user,
  };
  // Own values in the place of the page's examples, which are words without a quote.
  let chosen = text.replaceAll(/\b([A-Z]+)=([\w.-]+)(?=\s)/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? `${name}=${shellWord(String(values[name]))}` : whole,
  );
  if (attempt.schema === "archive") {
    const instead = shell.find((block) => block.text.startsWith("pg_restore"))?.text ?? "";
    for (const line of instead.trim().split("\n")) {
      const section = /--section=([a-z-]+)/.exec(line)?.[1] ?? "";
      chosen = chosen.replace(new RegExp(`^ *load .*plain/${section}\\.sql$`, "m"), line);
    }
  }
  return chosen;
}

const shellWord = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

async function run(script: string, folder: string, PATH: string, attempt: Attempt): Promise<Followed> {
  const env = { HOME: folder, PATH, PGPASSWORD: attempt.server.password, PGSSLMODE: "disable", ...attempt.environment };
  const options = { cwd: folder, env, maxBuffer: 2 ** 26 };
  const ended = await execute("bash", [script], options).then(
    ({ stdout, stderr }) => ({ exitCode: 0, stdout, stderr }),
    (error: { code?: unknown; stdout?: string; stderr?: string }) => {
      if (typeof error.code !== "number") throw error;
      return { exitCode: error.code, stdout: error.stdout ?? "", stderr: error.stderr ?? "" };
    },
  );
  const printed = new Map<string, string>();
  for (const part of ended.stdout.split(MARK).slice(1)) {
    const end = part.indexOf("\n");
    const heading = part.slice(0, end);
    printed.set(heading, `${printed.get(heading) ?? ""}${part.slice(end + 1)}`);
  }
  return { exitCode: ended.exitCode, printed, errors: ended.stderr };
}

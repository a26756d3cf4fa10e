import { createHash } from "node:crypto";
import { type ConnectionSettings, parseConnection } from "../../../core/postgres/connection.ts";
import { type CopyChunkOptions, type CopyOutResult, copyChunk } from "../../../core/postgres/copy-out/index.ts";
import type { PlannedChunk } from "../../../core/postgres/plan/index.ts";
import { openSession, type Session, type SessionOptions } from "../../../core/postgres/session.ts";
import { createDatabase, type TestDatabase } from "../../support/postgres.ts";

export interface SourceDatabase extends TestDatabase {
  readonly settings: ConnectionSettings;
  /** A reading session that `close` ends. */
  open(options?: Partial<SessionOptions>): Promise<Session>;
  /** Ends what was opened, drops the database; a session that leaked makes the drop fail. */
  close(): Promise<void>;
}

export async function createSource(prefix: string, createOptions = ""): Promise<SourceDatabase> {
  const database = await createDatabase(prefix, createOptions);
  const settings = parseConnection(database.url);
  const opened: Session[] = [];
  return {
    ...database,
    settings,
    open: async (options = {}) => {
      const session = await openSession(settings, { purpose: "read", applicationName: "holdfast test", ...options });
      opened.push(session);
      return session;
    },
    close: async () => {
      await Promise.all(opened.map((session) => session.end()));
      await database.drop();
    },
  };
}

export interface Copied extends CopyOutResult {
  readonly text: Buffer;
  readonly blocks: number;
}

export async function readChunk(
  session: Session,
  chunk: PlannedChunk,
  options: Partial<CopyChunkOptions> = {},
): Promise<Copied> {
  const { stream, result } = copyChunk({ session, chunk, ...options });
  const blocks: Buffer[] = [];
  for await (const block of stream) blocks.push(block);
  return { ...(await result), text: Buffer.concat(blocks), blocks: blocks.length };
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Asks until the answer is yes; the test's own time limit ends it otherwise. */
export async function until(question: () => Promise<boolean>): Promise<void> {
  while (!(await question())) await new Promise((resolve) => setTimeout(resolve, 10));
}

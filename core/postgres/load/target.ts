/**
 * Whether a target is empty, how that is told, and how it is emptied when it may be: of what was told and of nothing else.
 * @module
 */
import { createHash } from "node:crypto";
import { PreconditionError, TimeBudgetError } from "../../errors.ts";
import { mapPostgresError } from "../errors.ts";
import type { Session } from "../session.ts";
import { batches } from "../sql.ts";
import { inDropOrder, listTargetObjects, type TargetObject } from "./target-objects.ts";

/** What a message holds of names; a state machine's error keeps a thousand characters in all. */
const MOST_CHARACTERS = 500;

/** `listed 1a2b3c4d5e6f, 3 objects (2 tables, 1 routine): table public.a, …`: how many of what, and the first of their names. */
export function describeObjects(objects: readonly TargetObject[], mostCharacters = MOST_CHARACTERS): string {
  const kinds = Map.groupBy(objects, ({ kind }) => kind);
  const counts = [...kinds].map(([kind, some]) => counted(some.length, kind.toLowerCase()));
  return `${counted(objects.length, "object")} (${counts.join(", ")}): ${listNames(objects.map(nameOf), mostCharacters)}`;
}

/** `table public.a` */
export function nameOf({ kind, name }: TargetObject): string {
  return `${kind.toLowerCase()} ${name}`;
}

/** Plural words as they are, others with an s. */
function counted(count: number, word: string): string {
  return count === 1 || word.endsWith("s") ? `${count} ${word}` : `${count} ${word}s`;
}

export function listNames(names: readonly string[], mostCharacters = MOST_CHARACTERS): string {
  const named: string[] = [];
  let length = 0;
  for (const name of names) {
    length += name.length + 2;
    if (length > mostCharacters) break;
    named.push(name);
  }
  const left = names.length - named.length;
  return `${named.join(", ")}${left > 0 ? ` and ${left} more` : ""}`;
}

/** Twelve hex digits that stand for a list: whoever has seen it can agree to exactly that. */
export function listId(objects: readonly TargetObject[]): string {
  const hash = createHash("sha256");
  for (const object of objects) hash.update(`${nameOf(object)}\0`);
  return hash.digest("hex").slice(0, 12);
}

/** @throws PreconditionError `target-not-empty` saying what is there */
export function refuseObjects(session: Session, objects: readonly TargetObject[]): void {
  if (objects.length === 0) return;
  const { database } = session.settings;
  throw new PreconditionError("target-not-empty", `database ${database} holds ${describeObjects(objects)}`, {
    hint: `Restore into an empty database, let the restore create one, or confirm that all of this, list ${listId(objects)}, may be dropped.`,
  });
}

/** What brings indexes, types and more along, each of which takes its place in the server's table of locks. */
const RELATIONS: ReadonlySet<string> = new Set(["TABLE", "FOREIGN TABLE", "VIEW", "MATERIALIZED VIEW"]);
/** So many are locked and dropped in one transaction: thousands would fill the lock table. */
const RELATIONS_PER_TRANSACTION = 50;
const OTHERS_PER_TRANSACTION = 500;

export interface DropOptions {
  /** Extensions that stay, as `listTargetObjects` was told. */
  readonly kept?: readonly string[];
  /** Aborts when the caller has to return: no further batch is begun. */
  readonly deadline?: AbortSignal | undefined;
}

/**
 * Drops what was listed, after `assertProviderUntouched`, and nothing that has come since: it would go along with what it
 * depends on. In each batch the tables are locked, so that nothing can begin to depend on them, and then what is there is
 * listed again: once, for that takes the longer the more there is. May be repeated.
 * @throws PreconditionError `target-changed` naming what was not listed; TimeBudgetError `steps-unfinished` to be called again
 *   with what is left; others by `mapPostgresError`, the object named
 */
export async function dropTargetObjects(
  session: Session,
  objects: readonly TargetObject[],
  { kept = [], deadline }: DropOptions = {},
): Promise<void> {
  const listed = new Set(objects.map(nameOf));
  let dropped = 0;
  const turns = new Map((await inDropOrder(session, kept)).map((object, turn) => [nameOf(object), turn]));
  const turnOf = (object: TargetObject): number => turns.get(nameOf(object)) ?? -1;
  // What has no turn comes first: default privileges and rows, which stand behind the event triggers.
  const { triggers = [], others = [] } = Object.groupBy(objects, ({ kind }) =>
    kind === "EVENT TRIGGER" ? "triggers" : "others",
  );
  const inTurn = [...triggers, ...others.toSorted((a, b) => turnOf(a) - turnOf(b))];
  for (const batch of inTransactions(inTurn)) {
    if (deadline?.aborted === true) throw unfinished(session, dropped, objects.length);
    await session.query("BEGIN");
    try {
      for (const table of await tablesThere(session, batch))
        await run(session, `LOCK TABLE ${table}`, `table ${table}`);
      await assertListed(session, listed, kept);
      for (const object of batch) await run(session, dropStatement(object), nameOf(object));
      await session.query("COMMIT");
    } catch (error) {
      await session.query("ROLLBACK").catch(() => {});
      throw error;
    }
    dropped += batch.length;
  }
}

/** In the order of the list, in which relations stand together. */
function inTransactions(objects: readonly TargetObject[]): TargetObject[][] {
  const isRelation = ({ kind }: TargetObject): boolean => RELATIONS.has(kind);
  const end = objects.findLastIndex(isRelation) + 1;
  const start = end === 0 ? 0 : objects.findIndex(isRelation);
  return [
    ...batches(objects.slice(0, start), OTHERS_PER_TRANSACTION),
    ...batches(objects.slice(start, end), RELATIONS_PER_TRANSACTION),
    ...batches(objects.slice(end), OTHERS_PER_TRANSACTION),
  ];
}

/** Some may have gone with what they depend on, as partitions do. */
async function tablesThere(session: Session, batch: readonly TargetObject[]): Promise<string[]> {
  const tables = batch.filter(({ kind }) => kind === "TABLE").map(({ name }) => name);
  if (tables.length === 0) return [];
  const rows = await session.query<{ name: string }>(
    "SELECT name FROM pg_catalog.unnest($1::pg_catalog.text[]) AS asked (name) WHERE pg_catalog.to_regclass(name) IS NOT NULL",
    [tables],
  );
  return rows.map(({ name }) => name);
}

function unfinished({ settings }: Session, dropped: number, all: number): TimeBudgetError {
  const message = `${dropped} of ${all} objects of database ${settings.database} are dropped, more not within this invocation`;
  return new TimeBudgetError("steps-unfinished", message, { hint: "The next invocation drops the rest." });
}

async function assertListed(session: Session, listed: ReadonlySet<string>, kept: readonly string[]): Promise<void> {
  const news = (await listTargetObjects(session, kept)).filter((object) => !listed.has(nameOf(object)));
  if (news.length === 0) return;
  throw new PreconditionError(
    "target-changed",
    `database ${session.settings.database} holds ${describeObjects(news)} that were not there when it was listed`,
    { hint: "Somebody else works in the target: end that, look at what is there, and start the restore again." },
  );
}

async function run(session: Session, statement: string, what: string): Promise<void> {
  await session.client.query(statement).catch((error: unknown) => {
    throw mapPostgresError(error, `dropping ${what}`);
  });
}

function dropStatement({ kind, name, statement }: TargetObject): string {
  if (statement !== undefined) return statement;
  if (kind === "LARGE OBJECT") {
    const oid = BigInt(name);
    return `SELECT pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata WHERE oid = ${oid}`;
  }
  if (kind === "PUBLICATION") return `DROP PUBLICATION IF EXISTS ${name}`;
  if (kind === "SUBSCRIPTION") return dropSubscription(name);
  return `DROP ${kind} IF EXISTS ${name} CASCADE`;
}

/** Without its slot: that is on the publisher's server, which may not be reached or may need it. */
function dropSubscription(name: string): string {
  return `ALTER SUBSCRIPTION ${name} DISABLE; ALTER SUBSCRIPTION ${name} SET (slot_name = NONE); DROP SUBSCRIPTION ${name}`;
}

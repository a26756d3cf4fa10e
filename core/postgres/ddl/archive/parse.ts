import { type ArchiveReader, malformed, openReader } from "./reader.ts";
import { encodeText } from "./text.ts";
import type { Section, Toc, TocEntry } from "./toc.ts";

const MAGIC = "PGDMP";
/** The first minor version is that of PostgreSQL 9.0's successors still met, the last that of PostgreSQL 18. */
const MINOR_VERSIONS = { first: 12, last: 16 };
/** Compression became one byte naming the algorithm; before it was the level. */
const MINOR_WITH_ALGORITHM = 15;
const MINOR_WITH_ACCESS_METHOD = 14;
const MINOR_WITH_RELKIND = 16;
const CUSTOM_FORMAT = 1;
const SECTIONS: ReadonlyMap<number, Section> = new Map([
  [1, "none"],
  [2, "pre-data"],
  [3, "data"],
  [4, "post-data"],
]);
/** Entries that carry a setting of the dump instead of an object. */
const SETTING_KINDS: ReadonlySet<string> = new Set(["ENCODING", "STDSTRINGS", "SEARCHPATH"]);
/** Fewer bytes than any entry takes: an announced count above what could fit is refused before anything is allocated. */
const LEAST_ENTRY_BYTES = 40;

/**
 * Reads the table of contents of a custom-format archive (format versions 1.12 to 1.16).
 * @throws IntegrityError `schema-archive-malformed` for any other bytes.
 */
export function parseArchive(archive: Uint8Array): Toc {
  const reader = openReader(archive);
  const header = readHeader(reader);
  const count = reader.int();
  if (count < 0 || count > reader.remaining / LEAST_ENTRY_BYTES) throw malformed(`announces ${count} entries`);
  const all = Array.from({ length: count }, () => readEntry(reader, header));
  if (!all.some((entry) => entry.hasData) && reader.remaining > 0) {
    throw malformed(`goes on for ${reader.remaining} bytes after its last entry`);
  }
  if (new Set(all.map((entry) => entry.dumpId)).size < count) throw malformed("uses a dump id twice");
  const setting = (kind: string) => all.find((entry) => entry.desc === kind)?.defn ?? "";
  return {
    formatVersion: `1.${header.minor}`,
    databaseName: header.databaseName,
    serverVersion: header.serverVersion,
    dumpVersion: header.dumpVersion,
    encoding: /^SET client_encoding = '([^']+)'/.exec(setting("ENCODING"))?.[1] ?? "SQL_ASCII",
    standardConformingStrings: /'on'/.test(setting("STDSTRINGS")),
    entries: all.filter((entry) => !SETTING_KINDS.has(entry.desc)),
  };
}

interface Header {
  readonly minor: number;
  readonly offsetSize: number;
  readonly databaseName: string | undefined;
  readonly serverVersion: string | undefined;
  readonly dumpVersion: string | undefined;
}

function readHeader(reader: ArchiveReader): Header {
  const magic = Buffer.from(reader.bytes(MAGIC.length)).toString("latin1");
  if (magic !== MAGIC) throw malformed(`starts with ${JSON.stringify(magic)} instead of ${MAGIC}`);
  const [major, minor] = [reader.byte(), reader.byte(), reader.byte()] as const;
  if (major !== 1 || minor < MINOR_VERSIONS.first || minor > MINOR_VERSIONS.last) {
    throw malformed(
      `has format version ${major}.${minor}, 1.${MINOR_VERSIONS.first} to 1.${MINOR_VERSIONS.last} are known`,
    );
  }
  const [intSize, offsetSize, format] = [reader.byte(), reader.byte(), reader.byte()] as const;
  if (intSize < 1 || intSize > 8 || offsetSize > 8)
    throw malformed(`has integers of ${intSize} and ${offsetSize} bytes`);
  if (format !== CUSTOM_FORMAT) throw malformed(`has format ${format}, custom (${CUSTOM_FORMAT}) is allowed`);
  reader.setIntSize(intSize);
  if (minor >= MINOR_WITH_ALGORITHM) reader.byte();
  else reader.int();
  // Second, minute, hour, day, month, year, daylight saving in the dumping machine's own time zone: of no use to anyone.
  for (let field = 0; field < 7; field += 1) reader.int();
  return {
    minor,
    offsetSize,
    databaseName: reader.text(),
    serverVersion: reader.text(),
    dumpVersion: reader.text(),
  };
}

function readEntry(reader: ArchiveReader, { minor, offsetSize }: Header): TocEntry {
  const dumpId = reader.int();
  if (dumpId <= 0) throw malformed(`has dump id ${dumpId}`);
  const hasData = reader.int() !== 0;
  const catalogOid = readOid(reader);
  const oid = readOid(reader);
  const tag = reader.text() ?? "";
  const desc = reader.text();
  if (desc === undefined) throw malformed(`says no kind for dump id ${dumpId}`);
  const sectionCode = reader.int();
  const section = SECTIONS.get(sectionCode);
  if (section === undefined) throw malformed(`has section ${sectionCode} for dump id ${dumpId}`);
  const [defn, dropStmt, copyStmt, namespace, tablespace] = [1, 2, 3, 4, 5].map(() => reader.text());
  const tableAccessMethod = minor >= MINOR_WITH_ACCESS_METHOD ? reader.text() : undefined;
  const relkindCode = minor >= MINOR_WITH_RELKIND ? reader.int() : 0;
  if (relkindCode < 0 || relkindCode > 127) throw malformed(`has relkind ${relkindCode} for dump id ${dumpId}`);
  const owner = reader.text();
  reader.text(); // WITH OIDS, which no supported server has
  const dependencies = readDependencies(reader);
  reader.bytes(1 + offsetSize); // where the data would be
  return {
    dumpId,
    hasData,
    catalogOid,
    oid,
    tag,
    desc,
    section,
    defn: nonEmpty(defn),
    dropStmt: nonEmpty(dropStmt),
    copyStmt: nonEmpty(copyStmt),
    namespace: nonEmpty(namespace),
    tablespace,
    tableAccessMethod: nonEmpty(tableAccessMethod),
    relkind: relkindCode === 0 ? undefined : String.fromCharCode(relkindCode),
    owner: nonEmpty(owner),
    dependencies,
  };
}

/** Dump ids as decimal texts, ended by a missing one. */
function readDependencies(reader: ArchiveReader): number[] {
  const dependencies: number[] = [];
  for (let text = reader.text(); text !== undefined; text = reader.text()) dependencies.push(decimal(text));
  return dependencies;
}

function readOid(reader: ArchiveReader): number {
  return decimal(reader.text() ?? "0");
}

function decimal(text: string): number {
  if (!/^\d{1,10}$/.test(text))
    throw malformed(`has ${encodeText(text).length} bytes of text where a number is expected`);
  return Number(text);
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}

import { fitToServer } from "../../versions/index.ts";
import { encodeText } from "../archive/text.ts";
import type { Toc, TocEntry } from "../archive/toc.ts";
import { assignPhases, RESTORE_SETTINGS } from "./classify.ts";
import type { ClassifyOptions } from "./phases.ts";
import { entryStatements } from "./statements.ts";

export type SqlSection = "pre-data" | "post-data";

/**
 * The schema as a script for psql, in the archive's encoding: `pre-data` before the rows are loaded, `post-data` after.
 * Holds no psql commands. The database itself is not created.
 * The source's server understands it, and newer ones do.
 */
export function plainSql(toc: Toc, section: SqlSection, options: ClassifyOptions = {}): Uint8Array {
  const phased = assignPhases(inWordsOfSource(toc).entries);
  const of = (...phases: string[]) => phased.filter(({ phase }) => phases.includes(phase)).map(({ entry }) => entry);
  const { withPrivileges = true } = options;
  const entries =
    section === "pre-data"
      ? of("preData")
      : // Archive order respects dependencies; privileges and event triggers come last, as in a restore.
        [
          ...of("indexes", "indexAttachments", "foreignKeys", "rest"),
          ...(withPrivileges ? of("privileges") : []),
          ...of("eventTriggers"),
        ];
  const settings = [`SET client_encoding = '${toc.encoding}';`, ...RESTORE_SETTINGS].join("\n");
  const blocks = entries.flatMap((entry) => {
    const statements = entryStatements(entry, options);
    return statements.length === 0 ? [] : [`${heading(entry)}\n${statements.map((text) => text.trimEnd()).join("\n")}`];
  });
  return encodeText(`${[settings, ...blocks].join("\n\n")}\n`);
}

function heading({ desc, namespace, tag, owner }: TocEntry): string {
  return `-- ${oneLine(desc)} ${oneLine(namespace ?? "-")} ${oneLine(tag)} (owner ${oneLine(owner ?? "-")})`;
}

/** pg_dump speaks of its own time also where the source's server is older: that one and newer ones are to understand it. */
function inWordsOfSource(toc: Toc): Toc {
  const major = Number.parseInt(toc.serverVersion ?? "", 10);
  return Number.isNaN(major) ? toc : fitToServer(toc, major * 10_000).toc;
}

/** A name may hold a line break, and what follows one would be run. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]/g, " ");
}

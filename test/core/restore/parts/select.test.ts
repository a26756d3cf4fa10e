import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PreconditionError } from "../../../../core/errors.ts";
import { NOTHING_CHOSEN } from "../../../../core/parts/choice.ts";
import type { Toc, TocEntry } from "../../../../core/postgres/ddl/index.ts";
import { selectEntries } from "../../../../core/restore/parts/select.ts";
import type { Manifest } from "../../../../core/vault/manifest/schema.ts";
import { entry } from "./entries.ts";

/** Only what the selection looks at. */
const manifestOf = (entries: readonly TocEntry[]): Manifest =>
  ({
    id: "20261121T021500Z-7k3f9q2mxa",
    tables: entries
      .filter(({ desc }) => desc === "TABLE")
      .map(({ tag: name, dumpId: oid }) => ({ oid, schema: "public", name, kind: "table", parent: null, chunks: [] })),
    sequences: [],
  }) as unknown as Manifest;

const tocOf = (entries: readonly TocEntry[]): Toc => ({ entries }) as unknown as Toc;

/** Tables that may inherit, views, functions, and foreign keys, each upon what comes before it, as in an archive. */
const archive = fc
  .array(
    fc.record({
      desc: fc.constantFrom("TABLE", "VIEW", "FUNCTION", "FK CONSTRAINT", "INDEX", "COMMENT", "TYPE"),
      upon: fc.array(fc.nat({ max: 30 }), { maxLength: 3 }),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((items) => {
    const made: TocEntry[] = [entry({ dumpId: 1, desc: "TABLE", tag: "t1", oid: 1, catalogOid: 1 })];
    for (const [at, { desc, upon }] of items.entries()) {
      const dumpId = at + 2;
      const dependencies = upon.map((n) => 1 + (n % (dumpId - 1)));
      const table = dependencies.map((id) => made[id - 1]).find((one) => one?.desc === "TABLE");
      const isOnTable = desc === "FK CONSTRAINT" || desc === "INDEX";
      if ((isOnTable && table === undefined) || (desc === "COMMENT" && dependencies.length === 0)) continue;
      while (made.length < dumpId - 1)
        made.push(entry({ dumpId: made.length + 1, desc: "TYPE", tag: `pad${made.length + 1}` }));
      const tag = desc === "FK CONSTRAINT" ? `${table?.tag} fk${dumpId}` : `${desc.toLowerCase()}${dumpId}`;
      made.push(
        entry({
          ...{ dumpId, desc, tag, oid: dumpId, catalogOid: 1 },
          section: isOnTable ? "post-data" : desc === "COMMENT" ? "none" : "pre-data",
          dependencies: desc === "COMMENT" ? dependencies.slice(0, 1) : dependencies,
        }),
      );
    }
    return made;
  });

describe("a selection", () => {
  it("brings with everything all it needs, and nothing that was excluded", () => {
    fc.assert(
      fc.property(archive, fc.nat(), fc.boolean(), (entries, pick, isExcluding) => {
        const relations = entries.filter(({ desc }) => desc === "TABLE" || desc === "VIEW");
        const named = relations[pick % relations.length]?.tag ?? "";
        const pattern = [`public.${named}`];
        const choice = { ...NOTHING_CHOSEN, ...(isExcluding ? { excludeTables: pattern } : { tables: pattern }) };
        let selected: ReturnType<typeof selectEntries>;
        try {
          selected = selectEntries({ toc: tocOf(entries), manifest: manifestOf(entries), choice });
        } catch (error) {
          expect(error).toBeInstanceOf(PreconditionError);
          expect(error).toMatchObject({ code: "parts-need-more" });
          return;
        }
        const chosen = entries.filter(({ dumpId }) => selected.dumpIds.has(dumpId));
        for (const { dependencies } of chosen)
          for (const id of dependencies) expect(selected.dumpIds.has(id)).toBe(true);
        const tags = chosen.filter(({ desc }) => desc === "TABLE" || desc === "VIEW").map(({ tag }) => tag);
        if (isExcluding) expect(tags).not.toContain(named);
        else expect(tags).toEqual([named]);
        // Whatever was to come and did not is told, but what is only said of it.
        if (!isExcluding) return;
        const told = new Set(selected.leftOut.map(({ dumpId }) => dumpId));
        for (const { dumpId, desc, tag } of entries) {
          if (tag === named || selected.dumpIds.has(dumpId) || !/^(TYPE|FUNCTION|VIEW)$/.test(desc)) continue;
          expect(told.has(dumpId)).toBe(true);
        }
      }),
    );
  });

  it("leaves nothing out where everything is meant", () => {
    fc.assert(
      fc.property(archive, (entries) => {
        const { dumpIds } = selectEntries({
          toc: tocOf(entries),
          manifest: manifestOf(entries),
          choice: NOTHING_CHOSEN,
        });
        expect(dumpIds.size).toBe(entries.length);
      }),
    );
  });
});

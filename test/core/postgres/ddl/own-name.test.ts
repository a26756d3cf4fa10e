import { describe, expect, it } from "vitest";
import type { TocEntry } from "../../../../core/postgres/ddl/index.ts";
import { classify } from "../../../../core/postgres/ddl/index.ts";

const acl = (defn: string): TocEntry =>
  ({
    dumpId: 1,
    desc: "ACL",
    tag: "TABLE x",
    namespace: "public",
    owner: "postgres",
    section: "none",
    defn,
    dependencies: [],
  }) as unknown as TocEntry;

describe("grants in one's own name", () => {
  it("are those of the archive without the change of name around them", () => {
    const defn =
      'SET SESSION AUTHORIZATION "a""b";\nGRANT SELECT ON TABLE public.x TO c;\nRESET SESSION AUTHORIZATION;\n';
    const [entry] = classify({ entries: [acl(defn)] } as never).privileges;
    expect(entry?.inOwnName).toEqual(["GRANT SELECT ON TABLE public.x TO c;\n"]);
  });

  it("name the same objects as the archive, also one whose name holds such a line", () => {
    const defn = 'GRANT SELECT ON TABLE public."A\nRESET SESSION AUTHORIZATION;\nB" TO c;\n';
    const [entry] = classify({ entries: [acl(defn)] } as never).privileges;
    expect(entry?.inOwnName).toEqual([defn]);
  });
});

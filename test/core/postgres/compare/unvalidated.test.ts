import { describe, expect, it } from "vitest";
import { withoutUnvalidated } from "../../../../core/postgres/compare/unvalidated.ts";

const table = (lines: readonly string[]) => `CREATE TABLE public.a (\n${lines.join(",\n")}\n);\n`;
const on = (name: string) => [{ schema: "public", relation: "a", name }];

describe("a definition without the constraints that a restore has told of", () => {
  const id = "    id integer";
  const odd = "    CONSTRAINT \"odd, (one)\" CHECK ((t <> '),\n    CONSTRAINT b CHECK ('::text)) NO INHERIT";
  const b = "    CONSTRAINT b CHECK ((id > 0))";

  it.each([
    [[id, b], "b", [id]],
    [[id, odd, b], "odd, (one)", [id, b]],
    [[b], "b", []],
    [[b, odd], "b", [odd]],
    [[id, b], "c", [id, b]],
  ])("%# lacks them, and nothing else", (lines, name, left) => {
    const got = withoutUnvalidated({ desc: "TABLE", namespace: "public", tag: "a" }, table(lines), on(name));
    expect(got).toBe(left.length === 0 ? "CREATE TABLE public.a (\n);\n" : table(left));
  });

  it("of a domain keeps its other constraints", () => {
    const written =
      "CREATE DOMAIN public.a AS text\n\tCONSTRAINT b CHECK (f(VALUE))\n\tCONSTRAINT c CHECK (g(VALUE));\n";
    const domain = { desc: "DOMAIN", namespace: "public", tag: "a" };
    expect(withoutUnvalidated(domain, written, on("b"))).toBe(
      "CREATE DOMAIN public.a AS text\n\tCONSTRAINT c CHECK (g(VALUE));\n",
    );
  });

  it("is what a constraint apart says but for NOT VALID, and nothing where that is a CHECK", () => {
    const apart = (desc: string) => ({ desc, namespace: "public", tag: "a b" });
    const key = "ALTER TABLE ONLY public.a\n    ADD CONSTRAINT b FOREIGN KEY (id) REFERENCES public.c(id)";
    expect(withoutUnvalidated(apart("FK CONSTRAINT"), `${key} NOT VALID;\n`, on("b"))).toBe(`${key};`);
    expect(withoutUnvalidated(apart("CHECK CONSTRAINT"), "anything", on("b"))).toBeUndefined();
    expect(withoutUnvalidated(apart("CHECK CONSTRAINT"), "anything", on("c"))).toBe("anything");
  });
});

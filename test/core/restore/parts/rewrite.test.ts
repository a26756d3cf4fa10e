import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { keyOf, newNames } from "../../../../core/restore/parts/names.ts";
import { renameEntry, rewrite } from "../../../../core/restore/parts/rewrite.ts";
import { entry } from "./entries.ts";

const names = new Map(
  [
    ["film", "film_old"],
    ["film_pkey", "film_old_pkey"],
    ["film_film_id_seq", "film_old_film_id_seq"],
    ["by_year", "film_old_by_year"],
  ].map(([from = "", to = ""]) => [keyOf({ schema: "public", name: from }), { schema: "back", name: to }]),
);
const as = (desc: string) => ({ schema: "public", desc, isOfConstraint: false });

describe("SQL under other names", () => {
  it.each([
    ["TABLE", "CREATE TABLE public.film (id int);", 'CREATE TABLE "back"."film_old" (id int);'],
    ["TABLE", 'CREATE TABLE "public"."film" ("film" int);', 'CREATE TABLE "back"."film_old" ("film" int);'],
    ["TABLE", "CREATE TABLE public.films (f public.film_type);", "CREATE TABLE public.films (f public.film_type);"],
    [
      "TABLE",
      "CREATE TABLE public.x () INHERITS (public.a, public.film);",
      'CREATE TABLE public.x () INHERITS (public.a, "back"."film_old");',
    ],
    [
      "DEFAULT",
      "ALTER TABLE ONLY public.film ALTER COLUMN id SET DEFAULT nextval('public.film_film_id_seq'::regclass);",
      `ALTER TABLE ONLY "back"."film_old" ALTER COLUMN id SET DEFAULT nextval('"back"."film_old_film_id_seq"'::regclass);`,
    ],
    ["DEFAULT", "SET DEFAULT 'public.film'::text;", "SET DEFAULT 'public.film'::text;"],
    [
      "CHECK CONSTRAINT",
      "CHECK (public.film(x) > 0 AND a IS DISTINCT FROM public.film(y))",
      "CHECK (public.film(x) > 0 AND a IS DISTINCT FROM public.film(y))",
    ],
    [
      "COMMENT",
      "COMMENT ON TABLE public.film IS 'of TABLE public.film';",
      `COMMENT ON TABLE "back"."film_old" IS 'of TABLE public.film';`,
    ],
    [
      "COMMENT",
      "COMMENT ON COLUMN public.film.film IS E'ON public.film\\'';",
      `COMMENT ON COLUMN "back"."film_old".film IS E'ON public.film\\'';`,
    ],
    [
      "INDEX",
      "CREATE UNIQUE INDEX by_year ON ONLY public.film USING btree (by_year);\n\nALTER TABLE public.film CLUSTER ON by_year;",
      'CREATE UNIQUE INDEX "film_old_by_year" ON ONLY "back"."film_old" USING btree (by_year);\n\nALTER TABLE "back"."film_old" CLUSTER ON "film_old_by_year";',
    ],
    [
      "CONSTRAINT",
      "ALTER TABLE ONLY public.film\n    ADD CONSTRAINT film_pkey PRIMARY KEY (film_pkey);\n\nALTER TABLE ONLY public.film REPLICA IDENTITY USING INDEX film_pkey;",
      'ALTER TABLE ONLY "back"."film_old"\n    ADD CONSTRAINT "film_old_pkey" PRIMARY KEY (film_pkey);\n\nALTER TABLE ONLY "back"."film_old" REPLICA IDENTITY USING INDEX "film_old_pkey";',
    ],
    [
      "INDEX ATTACH",
      "ALTER INDEX public.film_pkey ATTACH PARTITION public.by_year;",
      'ALTER INDEX "back"."film_old_pkey" ATTACH PARTITION "back"."film_old_by_year";',
    ],
    [
      "SEQUENCE OWNED BY",
      "ALTER SEQUENCE public.film_film_id_seq OWNED BY public.film.id;",
      'ALTER SEQUENCE "back"."film_old_film_id_seq" OWNED BY "back"."film_old".id;',
    ],
    [
      "ACL",
      "GRANT SELECT(title) ON TABLE public.film TO film;",
      'GRANT SELECT(title) ON TABLE "back"."film_old" TO film;',
    ],
    [
      "TABLE",
      "CREATE TABLE public.film (t text DEFAULT $x$TABLE public.film$x$ /* ON public.film */);",
      'CREATE TABLE "back"."film_old" (t text DEFAULT $x$TABLE public.film$x$ /* ON public.film */);',
    ],
  ])("%s: %s", (desc, sql, expected) => {
    expect(rewrite(sql, names, as(desc))).toBe(expected);
  });

  it("leaves everything as it is where nothing is renamed, whatever it holds", () => {
    const piece = fc.constantFrom(
      "TABLE ",
      "public.film",
      "'",
      "''",
      '"',
      "$$",
      "--",
      "\n",
      "/*",
      "*/",
      "E'\\'",
      "::regclass",
      "(",
      ".",
      "é",
      "\ud800",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        expect(rewrite(pieces.join(""), new Map(), as("TABLE"))).toBe(pieces.join(""));
      }),
    );
  });

  it("renames nothing within a string, a quoted name, a comment or a body", () => {
    const text = fc.constantFrom("TABLE public.film", "x ON public.film y", "ONLY public.film");
    const wrap = fc.constantFrom<(inner: string) => string>(
      (inner) => `'${inner}'`,
      (inner) => `"${inner}"`,
      (inner) => `/* ${inner} */`,
      (inner) => `-- ${inner}\n`,
      (inner) => `$body$${inner}$body$`,
      (inner) => `E'\\'${inner}'`,
    );
    fc.assert(
      fc.property(text, wrap, (inner, around) => {
        const sql = `CREATE ${around(inner)} TABLE public.film ();`;
        expect(rewrite(sql, names, as("TABLE"))).toBe(`CREATE ${around(inner)} TABLE "back"."film_old" ();`);
      }),
    );
  });

  it("names an entry's tag as the database will", () => {
    const constraint = entry({ desc: "COMMENT", tag: "CONSTRAINT film_pkey ON film", dependencies: [7] });
    expect(renameEntry(constraint, names, new Set([7]))).toMatchObject({
      tag: "CONSTRAINT film_old_pkey ON film_old",
      namespace: "back",
    });
    expect(renameEntry(entry({ desc: "DEFAULT", tag: "film film_pkey" }), names, new Set())).toMatchObject({
      tag: "film_old film_pkey",
    });
    const column = entry({ desc: "COMMENT", tag: 'COLUMN film."a ""b"' });
    expect(renameEntry(column, names, new Set()).tag).toBe('COLUMN film_old."a ""b"');
  });
});

describe("derived names", () => {
  const table = entry({ desc: "TABLE", tag: "film", defn: "CREATE TABLE public.film ();" });
  const index = (tag: string) => entry({ desc: "INDEX", tag });

  it("stay as they are in another schema", () => {
    const made = newNames([table, index("film_x")], { intoSchema: "back" }, "film");
    expect([...made.values()]).toEqual([
      { schema: "back", name: "film" },
      { schema: "back", name: "film_x" },
    ]);
  });

  it("begin with the new name, fit, and never meet", () => {
    const long = "é".repeat(31);
    const tags = fc.uniqueArray(fc.constantFrom("film_a", "film_b", "a", "old_a", `film_${long}`, `film_${long}é`), {
      minLength: 1,
    });
    fc.assert(
      fc.property(tags, fc.constantFrom("old", "film_old", long), (indexes, as) => {
        const made = [...newNames([table, ...indexes.map(index)], { as }, "film").values()].map(({ name }) => name);
        expect(new Set(made).size).toBe(indexes.length + 1);
        expect(made[0]).toBe(as);
        for (const name of made) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
      }),
    );
  });
});

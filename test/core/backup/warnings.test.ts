import { describe, expect, it } from "vitest";
import { boundWarnings, warningLines } from "../../../core/backup/warnings.ts";

const unlogged = (n: number) => ({ code: "unlogged", message: "loses its rows in a crash", object: `public.t${n}` });

describe("warnings", () => {
  it("name the objects they are about, the first few of many", () => {
    const many = Array.from({ length: 8 }, (_, n) => unlogged(n));
    expect(warningLines([...many, { code: "superuser", message: "the role is a superuser" }])).toEqual([
      "public.t0, public.t1, public.t2, public.t3, public.t4 and 3 more: loses its rows in a crash",
      "the role is a superuser",
    ]);
  });

  it("of ten thousand tables stay a small list that says it is not whole", () => {
    const kept = boundWarnings(Array.from({ length: 10_000 }, (_, n) => unlogged(n)));
    expect(kept).toHaveLength(201);
    expect(kept.at(-1)?.message).toBe("9800 more warnings are left out");
    expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(64 * 1024);
  });
});

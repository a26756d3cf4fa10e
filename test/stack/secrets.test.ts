import { expect, it } from "vitest";
import { formsOf } from "./secrets.ts";

const SECRET = 'p@ss w/rd"\\ß';
const holds = (text: string): boolean => [...formsOf(SECRET)].some((form) => text.includes(form));

it.each([
  ["itself", `it is ${SECRET}.`],
  ["JSON", JSON.stringify({ password: SECRET })],
  ["JSON within JSON", JSON.stringify({ cause: JSON.stringify({ password: SECRET }) })],
  ["a URL", `postgres://u:${encodeURIComponent(SECRET)}@h/d`],
  ["a form", new URLSearchParams({ password: "a b" }).toString().replace("a+b", encodeURIComponent(SECRET))],
  ["hexadecimal", Buffer.from(SECRET).toString("hex")],
  ...[0, 1, 2, 3].flatMap((before) =>
    [0, 1, 2, 3].map((after): [string, string] => [
      `base64 after ${before} and before ${after} bytes`,
      Buffer.concat([Buffer.alloc(before, "x"), Buffer.from(SECRET), Buffer.alloc(after, "y")]).toString("base64"),
    ]),
  ),
])("a secret is found as %s", (_form, text) => {
  expect(holds(text)).toBe(true);
  expect(holds(text.replaceAll(/[a-z]/gi, "z"))).toBe(false);
});

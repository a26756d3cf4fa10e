import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { PAGE, renderPage, representativePolicies } from "./policy/page.ts";

it("docs/PERMISSIONS.md is what the templates allow; `npm run permissions` writes it anew, for review", async () => {
  expect(renderPage(await representativePolicies())).toBe(readFileSync(PAGE, "utf8"));
});

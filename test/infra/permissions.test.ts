import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { PAGE, renderPage, representativePolicies } from "./policy/page.ts";

const page = renderPage(await representativePolicies());

it("docs/PERMISSIONS.md is what the templates allow; `npm run permissions` writes it anew, for review", () => {
  expect(page).toBe(readFileSync(PAGE, "utf8"));
});

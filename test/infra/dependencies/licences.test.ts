import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  ALLOWED,
  LICENCES_PAGE,
  productionDependencies,
  renderLicences,
} from "../../../infra/dependencies/licences.ts";

const dependencies = productionDependencies();

describe("what Holdfast is delivered with", () => {
  it("is under licences that ask for no more than to be named", () => {
    expect(dependencies.length).toBeGreaterThan(50);
    expect(dependencies.filter(({ licence }) => !ALLOWED.has(licence))).toEqual([]);
  });

  it("is listed in docs/LICENCES.md; `npm run licences` writes it anew", () => {
    expect(renderLicences(dependencies)).toBe(readFileSync(LICENCES_PAGE, "utf8"));
  });

  it("holds the clients of the functions and none of what only builds and tests", () => {
    const names = dependencies.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["@aws-sdk/client-s3", "pg", "zod"]));
    expect(names).not.toEqual(expect.arrayContaining(["vitest"]));
    expect(names).not.toEqual(expect.arrayContaining(["aws-cdk-lib"]));
  });
});

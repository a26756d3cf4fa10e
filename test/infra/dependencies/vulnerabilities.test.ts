import { expect, it } from "vitest";
import { judge } from "../../../infra/dependencies/vulnerabilities.ts";

const report = (vulnerabilities: object) => JSON.stringify({ auditReportVersion: 2, vulnerabilities });

it("known vulnerabilities of high or critical severity fail a build, lesser ones do not", () => {
  const low = { name: "a", severity: "moderate", range: "<1" };
  expect(judge(report({}))).toEqual({ kind: "clean" });
  expect(judge(report({ a: low }))).toEqual({ kind: "clean" });
  expect(judge(report({ a: low, b: { name: "b", severity: "critical", range: "<2" } }))).toEqual({
    kind: "vulnerable",
    packages: ["b <2 (critical)"],
  });
});

it("a registry that cannot be asked is no finding, and no clean bill either", () => {
  const refused = JSON.stringify({ message: "405 Method Not Allowed", statusCode: 405, error: { summary: "" } });
  expect(judge(refused)).toEqual({ kind: "not-asked", why: "405 Method Not Allowed" });
  expect(judge(JSON.stringify({ error: { code: "ENOTFOUND", summary: "" } }))).toEqual({
    kind: "not-asked",
    why: "ENOTFOUND",
  });
  expect(judge("")).toMatchObject({ kind: "not-asked" });
});

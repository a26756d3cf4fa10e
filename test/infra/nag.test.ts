import path from "node:path";
import { App, Stack, aws_s3 as s3 } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, it } from "vitest";
import { readDefinitions } from "../../infra/asl/definition.ts";
import { REPOSITORY } from "../../infra/bundle.ts";
import { maximal, minimal, synthesize } from "./support/synthesized.ts";

const definitions = await readDefinitions(path.join(REPOSITORY, "statemachines"));
/** Asked before the tests: on a busy machine it takes longer than one of them may. */
const findings = {
  "a minimal installation": synthesize(minimal).findings,
  "a maximal one, with the definitions that are deployed": synthesize(maximal, definitions).findings,
};

describe("cdk-nag AwsSolutions has no finding without an acknowledged reason", () => {
  it.each(Object.entries(findings))("in %s", (_name, found) => {
    expect(found).toEqual([]);
  });

  it("and would find a bucket without TLS and access logs", () => {
    const stack = new Stack(new App(), "Control");
    new s3.Bucket(stack, "Bucket");
    const rules = new AwsSolutionsChecks().validateScope(stack).violations.map(({ ruleName }) => ruleName);
    expect(rules).toEqual(expect.arrayContaining(["AwsSolutions-S1", "AwsSolutions-S10"]));
  });
});

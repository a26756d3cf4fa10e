import path from "node:path";
import { App, Stack, aws_s3 as s3 } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { describe, expect, it } from "vitest";
import { readDefinitions } from "../../infra/asl/definition.ts";
import { REPOSITORY } from "../../infra/bundle.ts";
import { maximal, minimal, synthesize } from "./support/synthesized.ts";

describe("cdk-nag AwsSolutions has no finding without an acknowledged reason", () => {
  it("in a minimal installation", () => {
    expect(synthesize(minimal).findings).toEqual([]);
  });

  it("in a maximal installation", () => {
    expect(synthesize(maximal).findings).toEqual([]);
  });

  it("with the definitions that are deployed", async () => {
    const definitions = await readDefinitions(path.join(REPOSITORY, "statemachines"));
    expect(synthesize(maximal, definitions).findings).toEqual([]);
  });

  it("and would find a bucket without TLS and access logs", () => {
    const stack = new Stack(new App(), "Control");
    new s3.Bucket(stack, "Bucket");
    const rules = new AwsSolutionsChecks().validateScope(stack).violations.map(({ ruleName }) => ruleName);
    expect(rules).toEqual(expect.arrayContaining(["AwsSolutions-S1", "AwsSolutions-S10"]));
  });
});

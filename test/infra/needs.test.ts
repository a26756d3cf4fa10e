import path from "node:path";
import { describe, expect, it } from "vitest";
import { type AslDefinition, fillNumbers, readDefinitions, statesOf } from "../../infra/asl/definition.ts";
import { deriveNeeds } from "../../infra/asl/needs.ts";
import { REPOSITORY } from "../../infra/bundle.ts";
import { functionSpecs } from "../../infra/functions.ts";
import { camelCase, pascalCase } from "../../infra/names.ts";
import { placeholderBackup, token } from "./support/placeholders.ts";

const parse = (text: string) => JSON.parse(fillNumbers(text, { Concurrency: 4 })) as AslDefinition;
const task = (resource: string, args: object) =>
  parse(
    JSON.stringify({
      StartAt: "T",
      States: { T: { Type: "Task", Resource: `arn:aws:states:::${resource}`, Arguments: args, End: true } },
    }),
  );

describe("what a state machine's role needs", () => {
  it("is derived from every state, inside Parallel and Map too", () => {
    expect(deriveNeeds(parse(placeholderBackup))).toEqual([
      { kind: "action", action: "s3:GetObject", token: "WorkBucket" },
      { kind: "action", action: "sns:Publish", token: "AlertTopic" },
      { kind: "distributed-map" },
      { kind: "function", token: "Resolve" },
      { kind: "worker", verb: "dumpChunk" },
      { kind: "worker", verb: "hold" },
    ]);
  });

  it("covers SDK integrations and other machines", () => {
    expect(deriveNeeds(task("aws-sdk:dynamodb:updateItem", { TableName: token("CatalogTable") }))).toEqual([
      { kind: "action", action: "dynamodb:UpdateItem", token: "CatalogTable" },
    ]);
    expect(deriveNeeds(task("states:startExecution.sync:2", { StateMachineArn: token("VerifyMachine") }))).toEqual([
      { kind: "machine", token: "VerifyMachine" },
    ]);
  });

  it("fails, naming the state, for an integration no rule knows", () => {
    expect(() => deriveNeeds(task("aws-sdk:ec2:terminateInstances", {}))).toThrow(
      /state T calls ec2:terminateInstances/,
    );
  });

  it("fails for a function that is neither a token nor a worker", () => {
    expect(() => deriveNeeds(task("lambda:invoke", { FunctionName: "arn:aws:lambda:x" }))).toThrow(/state T invokes/);
  });
});

describe("numbers in a definition", () => {
  it("are filled in whether their token is quoted or not", () => {
    const filled = fillNumbers(`{"a": "${token("Concurrency")}", "b": ${token("Concurrency")}}`, { Concurrency: 7 });
    expect(JSON.parse(filled)).toEqual({ a: 7, b: 7 });
  });
});

describe("the definitions on disk", async () => {
  const definitions = await readDefinitions(path.join(REPOSITORY, "statemachines"));
  const names = Object.keys(functionSpecs);

  it.each(Object.entries(definitions))("%s needs only functions and resources there are", (_name, text) => {
    for (const need of deriveNeeds(parse(text))) {
      if (need.kind === "function") expect(names.map(pascalCase)).toContain(need.token);
      if (need.kind === "worker") expect(names.map(camelCase)).toContain(need.verb);
    }
  });

  it.each(Object.entries(definitions))(
    "%s gives every Map a number of workers, for absent means 10,000",
    (_name, text) => {
      const maps = [...statesOf(parse(text))].filter(([, state]) => state.Type === "Map");
      for (const [, state] of maps) expect(state).toHaveProperty("MaxConcurrency", expect.any(Number));
    },
  );
});

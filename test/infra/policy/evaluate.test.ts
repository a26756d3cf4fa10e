import { describe, expect, it } from "vitest";
import { decide, type Principal, type Request, type Statement } from "./evaluate.ts";

const ROLE = "arn:aws:iam::111122223333:role/writer";
const ROOT = { AWS: "arn:aws:iam::111122223333:root" };
const OBJECT = "arn:aws:s3:::vault/v1/data/1";
const KEY = "arn:aws:kms:eu-central-1:111122223333:key/1";

const allow = (Action: string | string[], Resource: string, rest: Partial<Statement> = {}): Statement => ({
  Effect: "Allow",
  Action,
  Resource,
  ...rest,
});
const deny = (Action: string, Resource: string, rest: Partial<Statement> = {}): Statement => ({
  ...allow(Action, Resource, rest),
  Effect: "Deny",
});
const ask = (
  request: Partial<Request>,
  identity: readonly Statement[],
  resource?: readonly Statement[],
  principal: Principal = { role: ROLE },
) =>
  decide(
    { principal, action: "s3:PutObject", resource: OBJECT, ...request },
    { identity, ...(resource === undefined ? {} : { resource }) },
  );

describe("a request within one account", () => {
  it("is not allowed by default", () => {
    expect(ask({}, [])).toBe("not allowed");
    expect(ask({}, [allow("s3:GetObject", OBJECT)])).toBe("not allowed");
    expect(ask({}, [allow("s3:PutObject", `${OBJECT}0`)])).toBe("not allowed");
  });

  it("is allowed by the role's policy or by the resource's, and either's Deny beats both", () => {
    const mine = allow("s3:PutObject", "arn:aws:s3:::vault/*");
    const theirs = { ...mine, Principal: { AWS: ROLE } };
    expect(ask({}, [mine])).toBe("allowed");
    expect(ask({}, [], [theirs])).toBe("allowed");
    expect(ask({}, [mine, deny("s3:*", "*")], [theirs])).toBe("denied");
    expect(ask({}, [mine], [{ ...deny("s3:PutObject", "*"), Principal: "*" }])).toBe("denied");
  });

  it("is left to the role's policy where the resource's names the account", () => {
    const account = { ...allow("s3:*", "*"), Principal: ROOT };
    expect(ask({}, [], [account])).toBe("not allowed");
    expect(ask({}, [allow("s3:PutObject", "*")], [account])).toBe("allowed");
    expect(ask({}, [allow("s3:PutObject", "*")], [{ ...account, Effect: "Deny" }])).toBe("denied");
  });

  it("for a KMS key needs the key's policy, which may leave it to the role's", () => {
    const request = { action: "kms:Decrypt", resource: KEY };
    const mine = allow("kms:Decrypt", KEY);
    expect(ask(request, [mine])).toBe("not allowed");
    expect(ask(request, [mine], [{ ...allow("kms:*", "*"), Principal: ROOT }])).toBe("allowed");
    expect(ask(request, [], [{ ...allow("kms:*", "*"), Principal: ROOT }])).toBe("not allowed");
    expect(ask(request, [], [{ ...allow("kms:Decrypt", "*"), Principal: { AWS: ROLE } }])).toBe("allowed");
  });

  it("by a service is a matter of the resource's policy alone", () => {
    const sns = { service: "sns.amazonaws.com" };
    const theirs = { ...allow("s3:PutObject", "*"), Principal: { Service: "sns.amazonaws.com" } };
    expect(ask({}, [allow("*", "*")], [theirs], sns)).toBe("allowed");
    expect(ask({}, [allow("*", "*")], [theirs], { service: "sqs.amazonaws.com" })).toBe("not allowed");
  });
});

describe("actions and resources", () => {
  it("match by wildcards, actions in any case, resources in their own", () => {
    expect(ask({}, [allow("S3:put*", "arn:aws:s3:::vault/v?/*")])).toBe("allowed");
    expect(ask({}, [allow("s3:PutObjec?", "arn:aws:s3:::VAULT/*")])).toBe("not allowed");
    expect(ask({ action: "s3:PutObjectAcl" }, [allow("s3:PutObject", "*")])).toBe("not allowed");
    expect(ask({ resource: "arn:aws:s3:::vaultx" }, [allow("s3:PutObject", "arn:aws:s3:::vault.")])).toBe(
      "not allowed",
    );
  });

  it("may be everything but", () => {
    expect(ask({}, [{ Effect: "Allow", NotAction: "iam:*", Resource: "*" }])).toBe("allowed");
    expect(ask({}, [{ Effect: "Allow", NotAction: "s3:*", Resource: "*" }])).toBe("not allowed");
    expect(ask({}, [{ Effect: "Allow", Action: "*", NotResource: "arn:aws:s3:::vault/*" }])).toBe("not allowed");
    expect(ask({}, [{ Effect: "Allow", Action: "*", NotResource: "arn:aws:s3:::work/*" }])).toBe("allowed");
  });
});

describe("a condition", () => {
  const holds = (Condition: NonNullable<Statement["Condition"]>, context: NonNullable<Request["context"]>) =>
    ask({ context }, [allow("s3:PutObject", "*", { Condition })]) === "allowed";

  it("needs every operator and every key, and any of the values", () => {
    const condition = { StringEquals: { a: ["1", "2"], b: "3" }, StringLike: { c: "x*" } };
    expect(holds(condition, { a: "2", b: "3", c: "xyz" })).toBe(true);
    expect(holds(condition, { a: "2", b: "4", c: "xyz" })).toBe(false);
    expect(holds(condition, { a: "2", b: "3" })).toBe(false);
  });

  it("finds keys in any case", () => {
    expect(holds({ Bool: { "aws:SecureTransport": "false" } }, { "AWS:securetransport": "false" })).toBe(true);
  });

  it("does not hold for a key that is absent, but for negations, IfExists and ForAllValues", () => {
    expect(holds({ StringEquals: { a: "1" } }, {})).toBe(false);
    expect(holds({ StringNotEquals: { a: "1" } }, {})).toBe(true);
    expect(holds({ StringEqualsIfExists: { a: "1" } }, {})).toBe(true);
    expect(holds({ "ForAllValues:StringLike": { a: "1" } }, {})).toBe(true);
    expect(holds({ "ForAnyValue:StringLike": { a: "1" } }, {})).toBe(false);
  });

  it("on a set asks all of its values, or any", () => {
    expect(holds({ "ForAllValues:StringLike": { a: ["x*", "y"] } }, { a: ["x1", "y"] })).toBe(true);
    expect(holds({ "ForAllValues:StringLike": { a: ["x*"] } }, { a: ["x1", "y"] })).toBe(false);
    expect(holds({ "ForAnyValue:StringLike": { a: ["x*"] } }, { a: ["x1", "y"] })).toBe(true);
  });

  it("asks with Null whether the key is there", () => {
    expect(holds({ Null: { a: "true" } }, {})).toBe(true);
    expect(holds({ Null: { a: "true" } }, { a: "1" })).toBe(false);
    expect(holds({ Null: { a: "false" } }, { a: "1" })).toBe(true);
  });

  it("compares ARNs part by part, and numbers as numbers", () => {
    const arn = "arn:aws:states:eu-central-1:111122223333:stateMachine:backup";
    expect(holds({ ArnLike: { a: "arn:aws:states:*:111122223333:stateMachine:*" } }, { a: arn })).toBe(true);
    expect(holds({ ArnLike: { a: "arn:aws:*:stateMachine:backup" } }, { a: arn })).toBe(false);
    expect(holds({ NumericLessThan: { a: "1.2" } }, { a: "1.1" })).toBe(true);
    expect(holds({ NumericLessThan: { a: "1.2" } }, { a: "1.2" })).toBe(false);
  });

  it("that is not known stops the evaluation", () => {
    expect(() => holds({ DateGreaterThan: { a: "1" } }, { a: "2" })).toThrow("DateGreaterThan is not known");
    const variable = ["$", "{aws:username}"].join("");
    expect(() => holds({ StringEquals: { a: variable } }, { a: "2" })).toThrow("policy variables are not known");
  });
});

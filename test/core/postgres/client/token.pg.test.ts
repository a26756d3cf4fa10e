import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mintRdsToken } from "../../../../core/postgres/client/rds-token.ts";
import { openSession } from "../../../../core/postgres/session.ts";
import { asAdmin } from "../../../support/postgres.ts";
import { createSource, type SourceDatabase } from "../support.ts";

const ROLE = "holdfast_token_reader";
let source: SourceDatabase;
let valid: string;

/** RDS checks tokens by its own means; here the one token that is good just now is the role's password. */
beforeAll(async () => {
  source = await createSource("token");
  process.env.AWS_ACCESS_KEY_ID ??= "AKIDEXAMPLE";
  process.env.AWS_SECRET_ACCESS_KEY ??= "a-secret-key";
  valid = await mintRdsToken({ host: "db.example", port: 5432, user: ROLE, region: "eu-west-1" });
  await source.query(`DROP ROLE IF EXISTS ${ROLE}; CREATE ROLE ${ROLE} LOGIN PASSWORD '${valid}'`);
});
afterAll(async () => {
  await source.close();
  await asAdmin((admin) => admin.query(`DROP ROLE ${ROLE}`));
});

const expired = (): string => valid.replace(/X-Amz-Date=\d{8}/, "X-Amz-Date=20200101");
const open = (mint: () => Promise<string>) =>
  openSession({ ...source.settings, user: ROLE, password: mint }, { purpose: "read", applicationName: "t" });

describe("a login by token", () => {
  it("is tried again with a fresh one when the first has expired", async () => {
    const tokens = [expired(), valid];
    const session = await open(async () => tokens.shift() ?? "");
    expect(tokens).toEqual([]);
    await session.end();
  });

  it("is given up by name after a few fresh ones, showing none", async () => {
    let minted = 0;
    const failure = await open(async () => {
      minted += 1;
      return expired();
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      name: "ConfigurationError",
      code: "token-refused",
      message: expect.stringContaining("3 fresh tokens were refused"),
      hint: expect.stringContaining("rds_iam"),
    });
    expect(minted).toBe(3);
    const { message, stack, cause } = failure as Error;
    expect(JSON.stringify([message, stack, cause, failure])).not.toContain("X-Amz-Signature");
  });

  it("fails now when no token can be signed", async () => {
    const failing = open(async () => {
      throw new Error("no credentials");
    });
    await expect(failing).rejects.toMatchObject({ name: "ConfigurationError", code: "token-not-minted" });
  });
});

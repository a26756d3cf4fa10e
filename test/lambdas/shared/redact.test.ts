import { describe, expect, it } from "vitest";
import { redact } from "../../../lambdas/shared/redact.ts";

const through = (value: unknown): unknown => JSON.parse(JSON.stringify(value, redact));

describe("what looks like a secret does not leave in a log", () => {
  it.each([
    "password",
    "dbPassword",
    "passwd",
    "PGPASSWORD",
    "secret",
    "SecretString",
    "clientSecret",
    "token",
    "sessionToken",
    "authorization",
    "credentials",
    "apiKey",
    "private_key",
    "dataKey",
    "plaintext",
  ])("under the key %s", (key) => {
    expect(through({ [key]: "s3cret-word" })).toEqual({ [key]: "[redacted]" });
    expect(through({ deep: [{ [key]: { any: "s3cret-word" } }] })).toEqual({ deep: [{ [key]: "[redacted]" }] });
  });

  it.each([
    "postgres://reader:s3cret-word@db.example.com:5432/shop",
    "cannot reach postgresql://reader:s3cret-word@db/shop?sslmode=require just now",
    "postgres://reader:p@s3cret-word@db.example.com:5432/shop",
    'postgres://reader:p"@s3cret-word@db/shop',
    "host=db password=s3cret-word dbname=shop",
    "host=db password='s3cret-word with blanks' dbname=shop",
    "CREATE ROLE x LOGIN PASSWORD 's3cret-word'",
    '{"password":"s3cret-word"}',
    "-----BEGIN RSA PRIVATE KEY-----\ns3cret-word\n-----END RSA PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY-----\ns3cret-word cut",
  ])("within the text %j", (text) => {
    expect(JSON.stringify(through({ message: text }))).not.toContain("s3cret-word");
  });

  it("nor what acts on whoever looks at it; line breaks of a stack stay", () => {
    expect(through({ table: "a\u202eb\u200bc", stack: "at x\n  at y" })).toEqual({
      table: "a\\u{202e}b\\u{200b}c",
      stack: "at x\n  at y",
    });
  });

  it("and nothing else is lost", () => {
    const line = {
      runId: "shop-20261121T021500Z-7k3f9q2mxa",
      secretName: "holdfast/default/shop",
      keyId: "1",
      passes: 3,
      token: 7,
      message: 'password authentication failed for user "reader"',
      url: "postgres://db.example.com:5432/shop",
      address: "someone@example.com",
    };
    expect(through(line)).toEqual(line);
  });
});

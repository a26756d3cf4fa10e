import { afterEach, expect, it, vi } from "vitest";
import { mintRdsToken } from "../../../../core/postgres/client/rds-token.ts";

afterEach(() => vi.unstubAllEnvs());

it("is a request to connect as one user at one endpoint, signed for a quarter of an hour, without the key", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "a-secret-key");
  const request = { host: "db.example", port: 5433, user: "reader", region: "eu-west-1" };
  const token = new URL(`https://${await mintRdsToken(request)}`);
  expect(token.host).toBe("db.example:5433");
  expect(Object.fromEntries(token.searchParams)).toMatchObject({
    Action: "connect",
    DBUser: "reader",
    "X-Amz-Expires": "900",
    "X-Amz-Credential": expect.stringContaining("/eu-west-1/rds-db/aws4_request"),
    "X-Amz-Signature": expect.stringMatching(/^[0-9a-f]{64}$/),
  });
  expect(token.href).not.toContain("a-secret-key");
});

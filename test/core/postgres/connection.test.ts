import { describe, expect, it } from "vitest";
import {
  type ConnectionSettings,
  describeConnection,
  parseConnection,
  type TokenRequest,
} from "../../../core/postgres/connection.ts";

const rds = {
  host: "db.example",
  port: 5433,
  username: "reader",
  password: "p@ss",
  dbname: "shop",
  engine: "postgres",
};

describe("a connection read from a secret", () => {
  it("is RDS's JSON, and verifies the server fully unless told otherwise", () => {
    expect(parseConnection(JSON.stringify(rds))).toEqual({
      host: "db.example",
      port: 5433,
      user: "reader",
      password: "p@ss",
      database: "shop",
      tls: { mode: "verify-full" },
    });
  });

  it("is a URL with percent-encoded parts", () => {
    const settings = parseConnection("postgres://re%40der:p%2Fss@[::1]:6000/my%20shop?sslmode=disable");
    expect(settings).toMatchObject({ host: "::1", port: 6000, user: "re@der", password: "p/ss", database: "my shop" });
    expect(settings.tls.mode).toBe("disable");
  });

  it.each([
    ["require", "verify-full"],
    ["prefer", "verify-full"],
    ["verify-ca", "verify-ca"],
    ["require-no-verify", "no-verify"],
    ["disable", "disable"],
  ])("takes sslmode=%s as %s", (sslmode, mode) => {
    expect(parseConnection(JSON.stringify({ ...rds, sslmode })).tls.mode).toBe(mode);
  });

  it("trusts only the authority given in the secret", () => {
    const sslrootcert = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
    expect(parseConnection(JSON.stringify({ ...rds, sslrootcert })).tls.ca).toBe(sslrootcert);
  });

  it("takes the port as text and fills in the usual port and database", () => {
    const { port, database } = parseConnection('{"host":"h","port":"5432","username":"u","password":""}');
    expect([port, database]).toEqual([5432, "postgres"]);
    expect(parseConnection(JSON.stringify(rds), { database: "other" }).database).toBe("other");
  });

  it("takes libpq's connect_timeout within bounds", () => {
    const millis = (connect_timeout: string) =>
      parseConnection(JSON.stringify({ ...rds, connect_timeout })).connectTimeoutMillis;
    expect([millis("5"), millis("0"), millis("3600")]).toEqual([5_000, undefined, 60_000]);
    expect(parseConnection("postgres://u:p@h/d?connect_timeout=7").connectTimeoutMillis).toBe(7_000);
  });

  it("has a token minted for each login where it says so, for its own host, port, user and region", async () => {
    const asked: TokenRequest[] = [];
    const mintToken = async (request: TokenRequest) => `token ${asked.push(request)}`;
    const { password: _password, ...without } = rds;
    const fromJson = parseConnection(JSON.stringify({ ...without, auth: "iam" }), { mintToken });
    const url = "postgres://reader@db.example:5433/shop?auth=iam&region=eu-west-1";
    const fromUrl = parseConnection(url, { mintToken });
    expect([await token(fromJson), await token(fromJson), await token(fromUrl)]).toEqual([
      "token 1",
      "token 2",
      "token 3",
    ]);
    const where = { host: "db.example", port: 5433, user: "reader" };
    expect(asked).toEqual([where, where, { ...where, region: "eu-west-1" }]);
    await expect(token(parseConnection(url))).rejects.toMatchObject({ code: "token-not-minted" });
  });

  it.each([
    ["without TLS", { sslmode: "disable" }],
    ["to a server that is not verified", { sslmode: "require-no-verify" }],
    ["beside a password", { password: "hunter2" }],
  ])("sends no token %s", (_what, changes) => {
    const secret = JSON.stringify({ ...rds, password: "", auth: "iam", ...changes });
    const failure = catchError(() => parseConnection(secret, { mintToken: async () => "" }));
    expect(failure).toMatchObject({ name: "ConfigurationError", code: "invalid-connection" });
    expect(failure.message).not.toContain("hunter2");
  });

  it.each([
    ["not JSON", "hunter2 is no JSON"],
    ["a broken URL", "postgres://u:hunter2@host:notaport/db"],
    ["a broken escape", "postgres://u:hunter2%zz@host/db"],
    ["another engine", JSON.stringify({ ...rds, password: "hunter2", engine: "mysql" })],
    ["neither password nor token", JSON.stringify({ host: "h", username: "hunter2" })],
    ["no user", JSON.stringify({ host: "h", password: "hunter2" })],
    ["a path as authority", JSON.stringify({ ...rds, password: "hunter2", sslrootcert: "/etc/ca.pem" })],
    ["an unknown sslmode", JSON.stringify({ ...rds, password: "hunter2", sslmode: "maybe" })],
  ])("fails on %s without showing the secret", (_what, secret) => {
    const failure = catchError(() => parseConnection(secret));
    expect(failure).toMatchObject({ name: "ConfigurationError", code: "invalid-connection" });
    expect(JSON.stringify([failure.message, failure.stack, failure.cause])).not.toContain("hunter2");
  });

  it("is described without its password", () => {
    expect(describeConnection(parseConnection(JSON.stringify(rds)))).toBe("reader@db.example:5433/shop");
  });
});

async function token({ password }: ConnectionSettings): Promise<string> {
  return typeof password === "string" ? password : password();
}

function catchError(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}

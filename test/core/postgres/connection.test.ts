import { describe, expect, it } from "vitest";
import { describeConnection, parseConnection } from "../../../core/postgres/connection.ts";

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

  it.each([
    ["not JSON", "hunter2 is no JSON"],
    ["a broken URL", "postgres://u:hunter2@host:notaport/db"],
    ["a broken escape", "postgres://u:hunter2%zz@host/db"],
    ["another engine", JSON.stringify({ ...rds, password: "hunter2", engine: "mysql" })],
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

function catchError(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("nothing was thrown");
}

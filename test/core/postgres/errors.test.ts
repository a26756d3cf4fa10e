import pg from "pg";
import { describe, expect, it } from "vitest";
import { ConfigurationError } from "../../../core/errors.ts";
import { mapPostgresError, sqlState } from "../../../core/postgres/errors.ts";

function fromServer(code: string): Error {
  const error = new pg.DatabaseError("the server's words", 0, "error");
  error.code = code;
  return error;
}

function fromSocket(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

describe("an error of the server or of the way to it", () => {
  it.each([
    ["28P01", "ConfigurationError", "authentication-failed"],
    ["28000", "ConfigurationError", "authentication-refused"],
    ["3D000", "ConfigurationError", "database-not-found"],
    ["42501", "PreconditionError", "privilege-missing"],
    ["53300", "SourceUnavailableError", "too-many-connections"],
    ["53000", "SourceUnavailableError", "server-out-of-resources"],
    ["53400", "PreconditionError", "server-limit-reached"],
    ["23505", "PreconditionError", "rows-violate-constraint"],
    ["57P01", "SourceUnavailableError", "server-shut-down"],
    ["57P03", "SourceUnavailableError", "server-not-ready"],
    ["57P04", "ConfigurationError", "database-not-found"],
    ["53200", "PreconditionError", "server-out-of-memory"],
    ["57014", "SourceUnavailableError", "query-cancelled"],
    ["08006", "SourceUnavailableError", "connection-lost"],
    ["55P03", "SourceBusyError", "lock-not-granted"],
    ["40P01", "SourceBusyError", "deadlock"],
    ["40001", "SnapshotLostError", "conflict-with-recovery"],
    ["25P03", "SnapshotLostError", "session-timed-out"],
    ["XX001", "IntegrityError", "source-data-corrupted"],
    ["22012", "PreconditionError", "postgres-22012"],
  ])("SQLSTATE %s is %s %s", (state, name, code) => {
    const error = mapPostgresError(fromServer(state), "copying x");
    expect(error).toMatchObject({ name, code, message: `copying x: the server's words (SQLSTATE ${state})` });
    expect(error.hint).toMatch(/\.$/);
    expect(sqlState(error)).toBe(state);
  });

  it.each([
    ["ECONNREFUSED", "SourceUnavailableError", "connection-refused"],
    ["ENOTFOUND", "SourceUnavailableError", "host-not-found"],
    ["ENETUNREACH", "SourceUnavailableError", "host-unreachable"],
    ["CERT_HAS_EXPIRED", "ConfigurationError", "certificate-expired"],
    ["CERT_REVOKED", "ConfigurationError", "tls-failed"],
    ["ERR_SSL_UNSUPPORTED_PROTOCOL", "ConfigurationError", "tls-failed"],
  ])("code %s is %s %s", (socketCode, name, code) => {
    expect(mapPostgresError(fromSocket(socketCode), "connecting")).toMatchObject({ name, code });
  });

  it.each([
    ["22P02", 'invalid input syntax for type integer: "4111 "1111" \n 2"', "invalid input syntax for type integer: "],
    ["22P02", '"hunter" is not a valid binary digit', ""],
    ["22003", 'value "4111111111111111" is out of range for type integer', "value "],
    ["22003", '"1e4111" is out of range for type double precision', ""],
    ["22008", 'date/time field value out of range: "4111-99-99"', "date/time field value out of range: "],
  ])("withholds the value that SQLSTATE %s quotes: %s", (state, message, before) => {
    const refused = Object.assign(fromServer(state), { message, table: "t" });
    const error = mapPostgresError(refused, "loading");
    expect(error.message).toContain(`loading: ${before}(the value is withheld)`);
    expect(error.message).not.toMatch(/4111|hunter/);
    expect(error.cause).toBeInstanceOf(pg.DatabaseError);
    expect(error.cause).toMatchObject({ code: state, table: "t" });
    expect((error.cause as Error).message).not.toMatch(/4111|hunter/);
    expect((error.cause as Error).stack).not.toMatch(/4111|hunter/);
  });

  it("names the setting when the server's table of locks is full", () => {
    const full = Object.assign(fromServer("53200"), { message: "out of shared memory" });
    expect(mapPostgresError(full, "dumping")).toMatchObject({
      name: "PreconditionError",
      code: "lock-table-too-small",
      message: "dumping: out of shared memory (SQLSTATE 53200)",
      hint: expect.stringContaining("max_locks_per_transaction"),
    });
  });

  it("is told from several addresses by the first of them", () => {
    const both = new AggregateError([fromSocket("ECONNREFUSED"), fromSocket("ENETUNREACH")]);
    expect(mapPostgresError(both, "connecting")).toMatchObject({ code: "connection-refused" });
  });

  it("passes through when it is ours already", () => {
    const ours = new ConfigurationError("x", "y");
    expect(mapPostgresError(ours, "z")).toBe(ours);
  });
});

import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import { InvokeCommand, ListFunctionsCommand } from "@aws-sdk/client-lambda";
import { GetBucketVersioningCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { GetSecretValueCommand } from "@aws-sdk/client-secrets-manager";
import { GetParameterCommand } from "@aws-sdk/client-ssm";
import pg from "pg";
import { describe, expect, inject, it } from "vitest";
import { READ_ROLE, WRITE_ROLE } from "../../../infra/local/databases.ts";
import { clientOptions } from "../../../infra/local/stack.ts";
import { clients, connectionSecret } from "../../support/stack.ts";

describe("the deployed stack", () => {
  it("is found by the parameter of its installation", async () => {
    const { Parameter } = await clients.ssm().send(new GetParameterCommand({ Name: "/holdfast/test" }));
    expect(JSON.parse(Parameter?.Value ?? "")).toEqual(inject("stack").parameter);
    expect(inject("stack").parameter).toMatchObject({
      schema: 1,
      installation: "test",
      secretPrefix: "holdfast/test/",
    });
  });

  it("has a versioned vault and a catalog", async () => {
    const { vaultBucket, catalogTable } = inject("stack").parameter;
    const versioning = await clients.s3().send(new GetBucketVersioningCommand({ Bucket: vaultBucket }));
    expect(versioning.Status).toBe("Enabled");
    const { Table } = await clients.dynamodb().send(new DescribeTableCommand({ TableName: catalogTable }));
    expect(Table?.KeySchema?.map(({ AttributeName }) => AttributeName)).toEqual(["pk", "sk"]);
  });

  it("has a secret for every connection of its configuration", async () => {
    const { SecretString } = await clients
      .secrets()
      .send(new GetSecretValueCommand({ SecretId: "holdfast/test/scheduled-read" }));
    expect(JSON.parse(SecretString ?? "")).toMatchObject({
      engine: "postgres",
      // Of a source that no test leads elsewhere.
      dbname: "scheduled",
      username: READ_ROLE.user,
    });
  });

  it("reports a function's error under its own name", async () => {
    const { Functions = [] } = await clients.lambda().send(new ListFunctionsCommand({}));
    const resolve = Functions.find(({ FunctionName }) => FunctionName?.includes("Resolve"));
    const answer = await clients
      .lambda()
      .send(
        new InvokeCommand({ FunctionName: resolve?.FunctionName ?? "", Payload: JSON.stringify({ nothing: true }) }),
      );
    expect(answer.FunctionError).toBeDefined();
    expect(JSON.parse(Buffer.from(answer.Payload ?? []).toString())).toMatchObject({ errorType: "ConfigurationError" });
  });
});

describe("the local AWS", () => {
  it("refuses keys it does not know", async () => {
    const { env, ca } = inject("stack");
    const keys = { AWS_ACCESS_KEY_ID: "AKIASTRANGER0000000", AWS_SECRET_ACCESS_KEY: "x" };
    const stranger = new S3Client({ ...clientOptions({ ...env, ...keys }, ca), forcePathStyle: true });
    const put = stranger.send(
      new PutObjectCommand({ Bucket: inject("stack").parameter.vaultBucket, Key: "v1/x", Body: "x" }),
    );
    await expect(put).rejects.toThrow();
  });
});

describe("the local PostgreSQL", () => {
  const connect = async (role: "read" | "write") => {
    const { host, port, username, password } = JSON.parse(connectionSecret("postgres", role)) as Record<string, string>;
    const client = new pg.Client({
      host,
      port: Number(port),
      user: username,
      password,
      database: "postgres",
      ssl: { ca: inject("stack").ca },
    });
    await client.connect();
    return client;
  };

  it("shows a certificate that verifies", async () => {
    const client = await connect("read");
    const { rows } = await client.query<{ ssl: boolean }>("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()");
    await client.end();
    expect(rows).toEqual([{ ssl: true }]);
  });

  it("lets the reading role write nothing and the writing role make databases", async () => {
    const reader = await connect("read");
    await expect(reader.query("CREATE TABLE public.x ()")).rejects.toThrow(/permission denied/);
    await expect(reader.query("CREATE DATABASE nope")).rejects.toThrow(/permission denied/);
    await reader.end();
    const writer = await connect("write");
    await writer.query("CREATE DATABASE made_by_writer");
    await writer.query("DROP DATABASE made_by_writer");
    await writer.end();
    expect(WRITE_ROLE.user).not.toBe(READ_ROLE.user);
  });
});

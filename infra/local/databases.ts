/**
 * The local PostgreSQL's two roles, and the secrets by which the configured sources and targets are reached:
 * one role reads everything and writes nothing, the other makes and fills databases and reads no source's secret.
 * @module
 */
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import pg from "pg";
import { type HoldfastConfig, secretPrefix } from "../../core/config/index.ts";
import type { LocalPostgres } from "./postgres.ts";

/** A server as far as a connection is concerned. */
export type LocalServer = Omit<LocalPostgres, "stop">;

export const READ_ROLE = { user: "holdfast_read", password: "local-read" } as const;
export const WRITE_ROLE = { user: "holdfast_write", password: "local-write" } as const;

/** What a managed server's administrator would run once; see docs/OPERATIONS.md. */
const ROLE_STATEMENTS = [
  `CREATE ROLE ${READ_ROLE.user} LOGIN BYPASSRLS PASSWORD '${READ_ROLE.password}'`,
  `GRANT pg_read_all_data TO ${READ_ROLE.user}`,
  // Large objects are outside pg_read_all_data.
  `ALTER ROLE ${READ_ROLE.user} SET lo_compat_privileges = on`,
  `CREATE ROLE ${WRITE_ROLE.user} LOGIN CREATEDB CREATEROLE PASSWORD '${WRITE_ROLE.password}'`,
  // Restored objects are given back to their owners, which only a member of the owner may do.
  `GRANT postgres TO ${WRITE_ROLE.user}`,
];

/** Makes the roles, and an empty database for every source and target, so that each connection leads somewhere. */
export async function prepareServer(server: LocalServer, config: HoldfastConfig): Promise<void> {
  const { host, port, user, password } = server;
  const client = new pg.Client({ host, port, user, password, database: "postgres" });
  await client.connect();
  try {
    for (const statement of ROLE_STATEMENTS) await client.query(statement);
    for (const id of Object.keys(config.sources)) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(id)}`);
    for (const id of Object.keys(config.targets)) {
      const name = pg.escapeIdentifier(targetDatabase(id));
      await client.query(`CREATE DATABASE ${name} OWNER ${WRITE_ROLE.user}`);
    }
  } finally {
    await client.end();
  }
}

function targetDatabase(id: string): string {
  return `${id}_restored`;
}

/** Stores a connection for every source and target of the configuration; databases are named after their ids. */
export async function storeConnections(
  config: HoldfastConfig,
  server: LocalServer,
  ca: string,
  client: SecretsManagerClient,
): Promise<void> {
  const prefix = secretPrefix(config.installation);
  const wanted = new Map<string, string>();
  const add = (connection: string, role: typeof READ_ROLE | typeof WRITE_ROLE, dbname: string) =>
    wanted.set(
      `${prefix}${connection}`,
      JSON.stringify({
        engine: "postgres",
        host: server.host,
        port: server.port,
        username: role.user,
        password: role.password,
        dbname,
        sslrootcert: ca,
      }),
    );
  for (const [id, source] of Object.entries(config.sources)) add(source.connection, READ_ROLE, id);
  for (const [id, target] of Object.entries(config.targets)) add(target.connection, WRITE_ROLE, targetDatabase(id));
  for (const [name, text] of wanted) await putSecret(client, name, text);
}

async function putSecret(client: SecretsManagerClient, name: string, text: string): Promise<void> {
  try {
    await client.send(new CreateSecretCommand({ Name: name, SecretString: text }));
  } catch (error) {
    if (!(error instanceof ResourceExistsException)) throw error;
    await client.send(new PutSecretValueCommand({ SecretId: name, SecretString: text }));
  }
}

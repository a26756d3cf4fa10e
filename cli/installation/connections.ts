/**
 * Connections as secrets.
 * @module
 */
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  ResourceExistsException,
  type SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { secretPrefix } from "../../core/config/environment.ts";
import { ConfigurationError, PreconditionError } from "../../core/errors.ts";
import { assertName } from "../../core/ids.ts";
import { withAwsErrors } from "./aws-errors.ts";
import { createClients } from "./clients.ts";
import { findInstallation } from "./find.ts";
import type { ConnectionStore, StoredConnection } from "./port.ts";

/** @throws ConfigurationError `installation-not-found` only where no name is given. */
export async function openConnections(name: string | undefined): Promise<ConnectionStore> {
  const { ssm, secrets } = createClients();
  const parameter = await withAwsErrors(() => findInstallation(ssm, name)).catch((error: unknown) => {
    const isMissing = error instanceof ConfigurationError && error.code === "installation-not-found";
    if (name === undefined || !isMissing) throw error;
    return undefined;
  });
  const installation = parameter?.installation ?? assertName("installation", name ?? "");
  const prefix = parameter?.secretPrefix ?? secretPrefix(installation);
  return {
    installation,
    isDeployed: parameter !== undefined,
    used: parameter?.names?.connections,
    store: (connection, secret, mayReplace) =>
      withAwsErrors(() => storeConnection(secrets, `${prefix}${connection}`, secret, mayReplace)),
  };
}

/** @throws PreconditionError `connection-exists` unless it may be replaced. */
async function storeConnection(
  secrets: SecretsManagerClient,
  secretName: string,
  value: string,
  mayReplace: boolean,
): Promise<StoredConnection> {
  const create = new CreateSecretCommand({
    Name: secretName,
    SecretString: value,
    Description: "A database connection of Holdfast",
  });
  const isNew = await secrets.send(create).then(
    () => true,
    (error: unknown) => {
      if (!(error instanceof ResourceExistsException)) throw error;
      return false;
    },
  );
  if (isNew) return { secretName, isReplaced: false };
  if (!mayReplace) {
    const hint = "Add --replace to store the new connection in its place.";
    throw new PreconditionError("connection-exists", `${secretName} is there already`, { hint });
  }
  await secrets.send(new PutSecretValueCommand({ SecretId: secretName, SecretString: value }));
  return { secretName, isReplaced: true };
}

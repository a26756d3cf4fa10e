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
import { PreconditionError } from "../../core/errors.ts";
import type { StoredConnection } from "./port.ts";

/** @throws PreconditionError `connection-exists` unless it may be replaced. */
export async function storeConnection(
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

/**
 * Wraps data keys under an AWS KMS key, bound to the restore point by encryption context.
 * @module
 */
import { DecryptCommand, EncryptCommand, type KMSClient } from "@aws-sdk/client-kms";
import { mapped } from "../../aws/errors.ts";
import { IntegrityError } from "../../errors.ts";
import type { Recipient, Unwrapper } from "./recipient.ts";

const KIND = "aws-kms";

/** @param options.keyArn the whole ARN: an alias would change its meaning when it is moved. */
export function kmsRecipient({ client, keyArn }: { client: KMSClient; keyArn: string }): Recipient {
  return {
    kind: KIND,
    id: keyArn,
    wrap: (dataKey, context) =>
      mapped(`wrap a data key under ${keyArn}`, async () => {
        const { CiphertextBlob } = await client.send(
          new EncryptCommand({ KeyId: keyArn, Plaintext: dataKey, EncryptionContext: context }),
        );
        return present(CiphertextBlob, keyArn);
      }),
  };
}

/**
 * Unwraps what a KMS key wrapped that the client's credentials may use.
 * @param options.keyArn this key alone. Without it any key will do that an envelope names: enough where the credentials
 *   are for one key, but with an administrator's an envelope forged under a stranger's key would open too.
 */
export function kmsUnwrapper({ client, keyArn }: { client: KMSClient; keyArn?: string }): Unwrapper {
  return {
    kind: KIND,
    canUnwrap: (entry) => entry.kind === KIND && (keyArn === undefined || entry.id === keyArn),
    unwrap: (wrapped, { id }, context) =>
      mapped(`unwrap a data key under ${id}`, async () => {
        const { Plaintext } = await client.send(
          new DecryptCommand({ KeyId: id, CiphertextBlob: wrapped, EncryptionContext: context }),
        );
        return present(Plaintext, id);
      }),
  };
}

function present(bytes: Uint8Array | undefined, keyArn: string): Uint8Array {
  if (bytes !== undefined) return bytes;
  throw new IntegrityError("envelope-unwrap-failed", `the key service answered without bytes for ${keyArn}`);
}

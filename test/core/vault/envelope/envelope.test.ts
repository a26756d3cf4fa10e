import { randomBytes } from "node:crypto";
import { type DecryptCommand, EncryptCommand, type KMSClient } from "@aws-sdk/client-kms";
import fc from "fast-check";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { HoldfastError } from "../../../../core/errors.ts";
import { createEnvelope, rewrapEnvelope } from "../../../../core/vault/envelope/create.ts";
import { kmsRecipient, kmsUnwrapper } from "../../../../core/vault/envelope/kms.ts";
import { openEnvelope } from "../../../../core/vault/envelope/open.ts";
import { rsaRecipient, rsaUnwrapper } from "../../../../core/vault/envelope/rsa.ts";
import { parseEnvelope } from "../../../../core/vault/envelope/schema.ts";
import { vaultKeys } from "../../../../core/vault/keys.ts";
import { type MemoryStore, memoryStore } from "../../../support/memory-store.ts";
import { newRsaRecipient, type TestRecipient } from "../../../support/recipients.ts";
import { SAMPLE_REF as ref } from "../../../support/vault.ts";

const random = (n: number): Uint8Array => randomBytes(n);
let offline: TestRecipient;
let other: TestRecipient;
let store: MemoryStore;
beforeAll(() => {
  offline = newRsaRecipient();
  other = newRsaRecipient();
});
beforeEach(() => {
  store = memoryStore();
});

const create = (recipients = [offline.recipient], at = ref) =>
  createEnvelope(store, at, { recipients, unwrappers: [offline.unwrapper], random });
const open = (unwrapper = offline.unwrapper, at = ref) => openEnvelope(store, at, [unwrapper]);
const edit = (generation: number, change: (file: Record<string, unknown>) => void): void => {
  const key = vaultKeys.envelopeKey(ref, generation);
  const file = JSON.parse(store.objects.get(key)?.toString() ?? "{}") as Record<string, unknown>;
  change(file);
  store.objects.set(key, Buffer.from(JSON.stringify(file)));
};

/** Wraps by prefixing its memory of the context, and answers like KMS when it differs. */
function stubKms(failure?: Error): KMSClient {
  const wrapped = new Map<string, { key: Uint8Array; context: string }>();
  const send = async (command: EncryptCommand | DecryptCommand): Promise<unknown> => {
    if (failure !== undefined) throw failure;
    const context = JSON.stringify(command.input.EncryptionContext);
    if (command instanceof EncryptCommand) {
      const id = randomBytes(16);
      wrapped.set(id.toString("hex"), { key: command.input.Plaintext ?? Buffer.alloc(0), context });
      return { CiphertextBlob: id };
    }
    const found = wrapped.get(Buffer.from(command.input.CiphertextBlob ?? []).toString("hex"));
    if (found?.context === context) return { Plaintext: found.key };
    throw Object.assign(new Error(""), { name: "InvalidCiphertextException", $metadata: { httpStatusCode: 400 } });
  };
  return { send } as unknown as KMSClient;
}
const keyArn = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

test("opens what was created, for each recipient alone", async () => {
  const client = stubKms();
  const created = await create([kmsRecipient({ client, keyArn }), offline.recipient, other.recipient]);
  for (const unwrapper of [kmsUnwrapper({ client }), offline.unwrapper, other.unwrapper]) {
    const opened = await open(unwrapper);
    expect(Buffer.from(opened.dataKey).equals(created.dataKey)).toBe(true);
    expect(opened).toMatchObject({ keyId: created.keyId, generation: 1, damaged: [] });
  }
});

test("created again keeps the first data key", async () => {
  const first = await create();
  const before = new Map(store.objects);
  const second = await create();
  expect(Buffer.from(second.dataKey).equals(first.dataKey)).toBe(true);
  expect(store.objects).toEqual(before);
});

test("created by two at once has one data key", async () => {
  const [first, second] = await Promise.all([create(), create()]);
  expect(Buffer.from(second.dataKey).equals(first.dataKey)).toBe(true);
  expect(store.objects.size).toBe(1);
});

test("rewrapped lets a new recipient in under the same key, and the old one only through the old generation", async () => {
  const first = await create();
  const second = await rewrapEnvelope(store, ref, { recipients: [other.recipient], unwrappers: [offline.unwrapper] });
  expect(second.generation).toBe(2);
  expect(await open(other.unwrapper)).toMatchObject({ generation: 2, dataKey: Buffer.from(first.dataKey) });
  expect(await open()).toMatchObject({ generation: 1 });
  await store.delete(vaultKeys.envelopeKey(ref, 1));
  await expect(open()).rejects.toMatchObject({ name: "PreconditionError", code: "envelope-no-recipient" });
});

describe("damage", () => {
  test("of the highest generation is passed over and reported", async () => {
    await create();
    await rewrapEnvelope(store, ref, { recipients: [offline.recipient], unwrappers: [offline.unwrapper] });
    edit(2, (file) => Object.assign(file, { keyCheck: "0".repeat(64) }));
    expect(await open()).toMatchObject({ generation: 1, damaged: [{ code: "envelope-key-mismatch" }] });
  });

  test("by moving another restore point's envelope here is found", async () => {
    const foreign = { ...ref, restorePointId: "20261121T021500Z-aaaaaaaaaa" };
    await create();
    await create([offline.recipient], foreign);
    store.objects.set(
      vaultKeys.envelopeKey(ref, 1),
      store.objects.get(vaultKeys.envelopeKey(foreign, 1)) ?? Buffer.alloc(0),
    );
    await expect(open()).rejects.toMatchObject({ name: "IntegrityError", code: "envelope-invalid" });
    edit(1, (file) =>
      Object.assign(file, { restorePointId: ref.restorePointId, keyId: `shop/full/${ref.restorePointId}` }),
    );
    await expect(open()).rejects.toMatchObject({ name: "IntegrityError", code: "envelope-key-mismatch" });
  });

  test("by moving what KMS wrapped elsewhere is refused by KMS", async () => {
    const client = stubKms();
    const foreign = { ...ref, source: "other" };
    await create([kmsRecipient({ client, keyArn })]);
    await create([kmsRecipient({ client, keyArn })], foreign);
    const moved = JSON.parse(store.objects.get(vaultKeys.envelopeKey(foreign, 1))?.toString() ?? "{}");
    edit(1, (file) => Object.assign(file, { recipients: moved.recipients }));
    await expect(open(kmsUnwrapper({ client }))).rejects.toMatchObject({
      name: "IntegrityError",
      code: "envelope-unwrap-failed",
    });
  });

  test("of any one bit of an envelope never opens another key", async () => {
    const { dataKey } = await create();
    const key = vaultKeys.envelopeKey(ref, 1);
    const whole = store.objects.get(key) ?? Buffer.alloc(0);
    for (let at = 0; at < whole.length; at += 1) {
      const changed = Buffer.from(whole);
      changed.writeUInt8((changed[at] ?? 0) ^ (1 << (at % 7)), at);
      store.objects.set(key, changed);
      const result = await open().catch((error: unknown) => error);
      // Whitespace may change without a meaning; anything else is refused by name.
      if (result instanceof HoldfastError) continue;
      expect(result).toMatchObject({ dataKey: Buffer.from(dataKey) });
    }
  });

  test("that leaves no envelope is named", async () => {
    await expect(open()).rejects.toMatchObject({ name: "IntegrityError", code: "envelope-missing" });
  });

  test("by a file beyond all bounds is refused before it is held", async () => {
    store.objects.set(vaultKeys.envelopeKey(ref, 1), Buffer.alloc(10_000_000, " "));
    await expect(open()).rejects.toMatchObject({ name: "IntegrityError", code: "envelope-invalid" });
  });

  test("by any bytes or any JSON is a named error", () => {
    const parse = (bytes: Uint8Array): unknown => {
      try {
        return parseEnvelope(bytes, { ref, generation: 1, object: "v1/meta/key" });
      } catch (error) {
        return error;
      }
    };
    const refused = { name: "IntegrityError", code: "envelope-invalid" };
    const noise = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(noise, (bytes) => {
        expect(parse(bytes)).toMatchObject(refused);
      }),
    );
  });
});

test.each([
  ["throttled", "ThrottlingException", "StoreThrottledError"],
  ["refused", "AccessDeniedException", "PreconditionError"],
  ["disabled", "DisabledException", "PreconditionError"],
])("a key service that is %s is no damage", async (_, name, want) => {
  await create([kmsRecipient({ client: stubKms(), keyArn })]);
  const failing = stubKms(
    Object.assign(new Error("told by the service"), { name, $metadata: { httpStatusCode: 400 } }),
  );
  await expect(open(kmsUnwrapper({ client: failing }))).rejects.toMatchObject({ name: want });
});

test("is not opened under another KMS key than the one asked for", async () => {
  const client = stubKms();
  await create([kmsRecipient({ client, keyArn })]);
  expect(await open(kmsUnwrapper({ client, keyArn }))).toMatchObject({ generation: 1 });
  const another = `${keyArn.slice(0, -1)}1`;
  await expect(open(kmsUnwrapper({ client, keyArn: another }))).rejects.toMatchObject({ name: "PreconditionError" });
});

test("passes over kinds of recipients it does not know", async () => {
  await create();
  edit(1, (file) => {
    file.recipients = [{ kind: "post-quantum", id: "x", wrappedKey: "AAAA" }, ...(file.recipients as unknown[])];
  });
  expect(await open()).toMatchObject({ generation: 1 });
});

test.each(["", "no key", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])(
  "refuses the key %j",
  (pem) => {
    const refusal = expect.objectContaining({ name: "ConfigurationError", code: "recipient-key-invalid" });
    expect(() => rsaRecipient({ publicKeyPem: pem })).toThrow(refusal);
    expect(() => rsaUnwrapper({ privateKeyPem: pem })).toThrow(refusal);
  },
);

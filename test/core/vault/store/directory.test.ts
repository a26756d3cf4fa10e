import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { directoryStore } from "../../../../core/vault/store/directory.ts";
import { describeStore, inPiecesOf } from "./conformance.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "holdfast-store-"));
});
afterAll(() => rm(folder, { recursive: true }));

describeStore("directory store", () => directoryStore(folder));

test("lists nothing in a directory that does not exist yet", async () => {
  const found = [];
  for await (const object of directoryStore(join(folder, "absent")).list("v1/")) found.push(object);
  expect(found).toEqual([]);
});

test("leaves no temporary file behind, and lists none that a crash left", async () => {
  const path = join(folder, "crashed");
  const store = directoryStore(path);
  await store.upload("v1/object", inPiecesOf(Buffer.from("body"), 2));
  expect(await readdir(join(path, ".incomplete"))).toEqual([]);
  await writeFile(join(path, ".incomplete", "left"), "half");
  const keys = [];
  for await (const { key } of store.list("")) keys.push(key);
  expect(keys).toEqual(["v1/object"]);
});

import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
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

test("says that there is no room, keeps nothing of what it had written, and stores again when there is", async () => {
  const path = join(folder, "full");
  // A process that may write 64 KiB to a file meets the end of its quota as that of a disk is met: in the middle of a write.
  const script = `
    import { directoryStore } from ${JSON.stringify(join(import.meta.dirname, "../../../../core/vault/store/directory.ts"))};
    const store = directoryStore(${JSON.stringify(path)});
    const pieces = async function* () { for (let n = 0; n < 64; n += 1) yield Buffer.alloc(65_536, n); };
    const told = async (work) => work.catch(({ name, code, hint }) => console.log(JSON.stringify({ name, code, hint })));
    await told(store.upload("v1/data/big", pieces()));
    await told(store.putIfAbsent("v1/meta/big", Buffer.alloc(1_000_000)));
    await told(store.upload("v1/data/small", [Buffer.from("small")]));`;
  const limited = `ulimit -f 64; exec "$0" --input-type=module-typescript --eval "$1"`;
  const { stdout } = await promisify(execFile)("bash", ["-c", limited, process.execPath, script]);
  const full = { name: "PreconditionError", code: "store-full", hint: expect.stringContaining("run again") };
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([full, full]);
  expect(await readdir(join(path, ".incomplete"))).toEqual([]);
  const keys = [];
  for await (const { key } of directoryStore(path).list("")) keys.push(key);
  expect(keys).toEqual(["v1/data/small"]);
});

test("leaves its source's error as it is, whatever that looks like", async () => {
  const cut = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
  async function* source(): AsyncGenerator<Uint8Array> {
    yield Buffer.from("half");
    throw cut;
  }
  await expect(directoryStore(join(folder, "cut")).upload("v1/object", source())).rejects.toBe(cut);
});

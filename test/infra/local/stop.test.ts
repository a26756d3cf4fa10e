import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { isAlive } from "../../../infra/local/process.ts";
import { readLocal, stopLocal } from "../../../infra/local/stack.ts";

describe("stopping a local stack", () => {
  it("does nothing where none was started, and may be called twice", async () => {
    const dir = await mkdtemp(path.join(tmpdir(), "holdfast-stop-"));
    await stopLocal(dir);
    await stopLocal(dir);
    await expect(readFile(dir)).rejects.toThrow();
  });

  it("leaves a stranger alone that has been given the process id since", async () => {
    const dir = await mkdtemp(path.join(tmpdir(), "holdfast-stop-"));
    const stranger = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
    await writeFile(path.join(dir, "ministack.pid"), String(stranger.pid));
    await writeFile(path.join(dir, "state.json"), "{}");
    expect(await readLocal(dir)).toBeUndefined();
    await stopLocal(dir);
    expect(isAlive(stranger.pid ?? 0)).toBe(true);
    stranger.kill();
    await rm(dir, { recursive: true, force: true });
  });
});

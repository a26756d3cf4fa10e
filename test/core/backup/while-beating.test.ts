import { beforeEach, describe, expect, it } from "vitest";
import type { Pause } from "../../../core/backup/deadline.ts";
import { type BeatContext, whileBeating } from "../../../core/backup/while-beating.ts";
import { CancelledError, StoreThrottledError } from "../../../core/errors.ts";

let beats: number;
let failWith: Error | undefined;
let paused: { readonly millis: number; readonly wake: () => void }[];
let context: BeatContext;

/** Ends when the test says so, or by its signal. */
const pause: Pause = (millis, signal) =>
  new Promise((resolve) => {
    paused.push({ millis, wake: resolve });
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });

const halfAMinute = async () => {
  paused.at(-1)?.wake();
  await new Promise((resolve) => setImmediate(resolve));
};

beforeEach(() => {
  beats = 0;
  failWith = undefined;
  paused = [];
  const beat = async () => {
    beats += 1;
    if (failWith !== undefined) throw failWith;
  };
  context = { catalog: { runs: { beat } }, pause } as unknown as BeatContext;
});

describe("work of any length", () => {
  it("beats every half minute while it lasts, and never after", async () => {
    const result = await whileBeating("run", context, async () => {
      expect(beats).toBe(0);
      for (let n = 1; n <= 3; n += 1) {
        await halfAMinute();
        expect(beats).toBe(n);
      }
      return "done";
    });
    expect(result).toBe("done");
    expect(new Set(paused.map(({ millis }) => millis))).toEqual(new Set([30_000]));
    await halfAMinute();
    expect(beats).toBe(3);
  });

  it("goes on when the catalog is busy for a moment", async () => {
    const work = whileBeating("run", context, async (signal) => {
      failWith = new StoreThrottledError("store-throttled", "slow down");
      await halfAMinute();
      failWith = undefined;
      await halfAMinute();
      return signal.aborted;
    });
    expect(await work).toBe(false);
    expect(beats).toBe(2);
  });

  it("is told when its run has ended, and its result is nobody's", async () => {
    const work = whileBeating("run", context, async (signal) => {
      failWith = new CancelledError("run-ended", "the run has ended meanwhile");
      await halfAMinute();
      expect(signal.aborted).toBe(true);
      return "done";
    });
    await expect(work).rejects.toMatchObject({ code: "run-ended" });
    expect(beats).toBe(1);
  });

  it("fails as it fails", async () => {
    const work = whileBeating("run", context, () => Promise.reject(new RangeError("too long")));
    await expect(work).rejects.toThrow(RangeError);
  });
});

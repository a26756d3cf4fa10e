import { expect, it } from "vitest";
import { rangeBudget } from "../../../../core/backup/dump/dump-chunk.ts";

const SECOND = 1_000;

/** A chunk that is begun with so many seconds left; asked after each range that took so many whether another may begin. */
function chunkWith(leftSeconds: number) {
  let now = 0;
  const deadline = { remainingMillis: () => Math.max(0, leftSeconds * SECOND - now) };
  const hasTime = rangeBudget({ clock: () => new Date(now), deadline });
  return (seconds: number): boolean => {
    now += seconds * SECOND;
    return hasTime();
  };
}

it("begins another range while there are more than 90 seconds, where all were quick", () => {
  const after = chunkWith(140);
  expect(after(20)).toBe(true);
  expect(after(20)).toBe(true);
  expect(after(15)).toBe(false);
});

it("begins none for which one as slow as the slowest would not have the time, however quick the last ones were", () => {
  const after = chunkWith(880);
  expect(after(300)).toBe(true);
  expect(after(5)).toBe(true);
  expect(after(5)).toBe(true);
  expect(after(120)).toBe(false);
});

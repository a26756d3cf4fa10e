import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatRate,
  formatTime,
  parseDuration,
  plural,
} from "../../../cli/output/units.ts";

describe("sizes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "0.98 KiB"],
    [1024, "1.00 KiB"],
    [1536, "1.50 KiB"],
    [10.5 * 1024, "10.5 KiB"],
    [213 * 1024 ** 2, "213 MiB"],
    [1023.9 * 1024 ** 2, "1.00 GiB"],
    [5 * 1024 ** 5, "5.00 PiB"],
    [5000 * 1024 ** 5, "5000 PiB"],
  ])("shows %d bytes as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it("shows a dash for a size nobody knows", () => expect(formatBytes(undefined)).toBe("–"));
  it("has no rate for no time", () => expect(formatRate(1024, 0)).toBe("–"));
  it("shows bytes per second", () => expect(formatRate(10 * 1024 ** 2, 2_000)).toBe("5.00 MiB/s"));
});

describe("durations", () => {
  it.each([
    [0, "0.0 s"],
    [400, "0.4 s"],
    [9_960, "10 s"],
    [42_000, "42 s"],
    [59_600, "1 min 00 s"],
    [185_000, "3 min 05 s"],
    [3_599_600, "1 h 00 min"],
    [8_040_000, "2 h 14 min"],
    [274_000_000, "3 d 04 h"],
  ])("shows %d ms as %s", (millis, text) => expect(formatDuration(millis)).toBe(text));

  it.each([
    ["90s", 90_000],
    ["30m", 1_800_000],
    ["2h", 7_200_000],
  ])("reads %s", (text, millis) => expect(parseDuration(text)).toBe(millis));

  it.each(["", "90", "s", "1w", "-5m", "1.5h", "5 m"])("does not read %j", (text) =>
    expect(parseDuration(text)).toBeUndefined(),
  );
});

it("shows times in UTC whatever the zone they came in", () => {
  expect(formatTime("2026-11-21T03:15:00.123+01:00")).toBe("2026-11-21 02:15:00");
});

it("groups digits and counts in the plural", () => {
  expect(formatCount(1_234_567)).toBe("1,234,567");
  expect([plural(1, "row"), plural(0, "row"), plural(1000, "row")]).toEqual(["1 row", "0 rows", "1,000 rows"]);
});

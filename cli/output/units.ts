/**
 * Numbers as people read them: binary sizes, durations, UTC times. `--json` carries plain bytes, seconds and ISO times.
 * @module
 */

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;
const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
export const UNKNOWN = "–";

/** `0 B`, `1.50 KiB`, `213 MiB`: three digits, so that two of them can be compared at a glance. */
export function formatBytes(bytes: number | undefined): string {
  if (bytes === undefined) return UNKNOWN;
  let value = bytes;
  let unit = 0;
  // 999.5 would be printed as 1000: the next unit says it better.
  while (value >= 999.5 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${value.toFixed(digits)} ${BYTE_UNITS[unit]}`;
}

/** Bytes per second over a stretch of time; a stretch of nothing has no rate. */
export function formatRate(bytes: number, millis: number): string {
  return millis > 0 ? `${formatBytes(bytes / (millis / SECOND))}/s` : UNKNOWN;
}

/** `0.4 s`, `42 s`, `3 min 05 s`, `2 h 14 min`, `3 d 04 h`: two units, the second padded. */
export function formatDuration(millis: number | undefined): string {
  if (millis === undefined) return UNKNOWN;
  if (millis < 9.95 * SECOND) return `${(millis / SECOND).toFixed(1)} s`;
  const seconds = Math.round(millis / SECOND);
  if (seconds < 60) return `${seconds} s`;
  const whole = seconds * SECOND;
  if (whole < HOUR) return twoUnits(whole, MINUTE, "min", SECOND, "s");
  if (whole < DAY) return twoUnits(whole, HOUR, "h", MINUTE, "min");
  return twoUnits(whole, DAY, "d", HOUR, "h");
}

/** `2026-11-21 02:15:00` of an ISO time; always UTC, which the column's heading says. */
export function formatTime(iso: string | undefined): string {
  return iso === undefined ? UNKNOWN : new Date(iso).toISOString().slice(0, 19).replace("T", " ");
}

/** `1,234,567` */
export function formatCount(count: number | undefined): string {
  return count === undefined ? UNKNOWN : String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** `1 table`, `2 tables` */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** Milliseconds of `90s`, `30m`, `2h`, `7d`; undefined when it is none of them. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})(s|m|h|d)$/.exec(text);
  if (match === null) return undefined;
  const unit = { s: SECOND, m: MINUTE, h: HOUR, d: DAY }[match[2] ?? ""];
  return unit === undefined ? undefined : Number(match[1]) * unit;
}

/** Milliseconds between two ISO times; undefined while one of them is not known. */
export function millisBetween(from: string | undefined, to: string | undefined): number | undefined {
  return from === undefined || to === undefined ? undefined : Date.parse(to) - Date.parse(from);
}

function twoUnits(millis: number, big: number, bigName: string, small: number, smallName: string): string {
  const rest = Math.floor((millis % big) / small);
  return `${Math.floor(millis / big)} ${bigName} ${String(rest).padStart(2, "0")} ${smallName}`;
}

/**
 * How a run goes on, on standard error: one live line on a terminal, elsewhere a line every few seconds.
 * @module
 */
import type { Clock } from "../../core/ids.ts";
import { printable } from "../../core/text.ts";

export interface ProgressLine {
  /** Shows the text, or keeps it back when the last one is too recent. */
  update(text: string): void;
  /** Clears the live line; to be called before anything else is printed. */
  end(): void;
}

export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Often enough to see that it lives, seldom enough for a log that is kept. */
const LOG_EVERY_MILLIS = 5_000;
const CLEAR_LINE = "\r\u001b[2K";

export function createProgressLine(stream: ProgressStream, clock: Clock): ProgressLine {
  let lastText = "";
  let lastAt = Number.NEGATIVE_INFINITY;
  if (stream.isTTY === true) {
    return {
      update(text) {
        if (text === lastText) return;
        lastText = text;
        stream.write(CLEAR_LINE + printable(text).slice(0, (stream.columns ?? 80) - 1));
      },
      end() {
        if (lastText !== "") stream.write(CLEAR_LINE);
        lastText = "";
      },
    };
  }
  return {
    update(text) {
      const now = clock().getTime();
      if (text === lastText || now - lastAt < LOG_EVERY_MILLIS) return;
      lastText = text;
      lastAt = now;
      stream.write(`${printable(text)}\n`);
    },
    end() {},
  };
}

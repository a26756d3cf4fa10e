import { expect, it } from "vitest";
import { createProgressLine } from "../../../cli/output/progress.ts";

function setup(isTTY: boolean) {
  let now = 0;
  const written: string[] = [];
  const stream = { isTTY, columns: 20, write: (text: string) => written.push(text) };
  const line = createProgressLine(stream, () => new Date(now));
  return { line, written, pass: (millis: number) => (now += millis) };
}

it("rewrites one line on a terminal, never longer than it is wide, and clears it at the end", () => {
  const { line, written } = setup(true);
  line.update("chunk 1 of 200 and so on");
  line.update("chunk 2");
  line.end();
  expect(written).toEqual(["\r\u001b[2Kchunk 1 of 200 and ", "\r\u001b[2Kchunk 2", "\r\u001b[2K"]);
});

it("writes a line at most every five seconds elsewhere, without control characters", () => {
  const { line, written, pass } = setup(false);
  for (let second = 0; second < 12; second += 1) {
    line.update(`second ${second}`);
    pass(1_000);
  }
  line.end();
  expect(written).toEqual(["second 0\n", "second 5\n", "second 10\n"]);
});

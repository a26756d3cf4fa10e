import { describe, expect, it } from "vitest";
import type { LogEvent } from "../../../cli/installation/port.ts";
import { holdfast, logLine } from "../support/fakes.ts";

const RUN_ID = "shop-20261121T021500Z-7k3f9q2mxa";
const ended = { status: "failed", finishedAt: "2026-11-21T02:16:00.000Z" } as const;
const error = { name: "IntegrityError", code: "object-missing", message: "x is gone", hint: "Look for it." };

const call = (requestId: string, chunk: number, from: number): LogEvent[] => [
  logLine("begun", { requestId, n: chunk }, from),
  logLine("chunk begun", { requestId, chunk, attempt: 1 }, from + 1),
  logLine("done", { requestId, chunk }, from + 3),
];

describe("holdfast logs", () => {
  it("tells the lines of all functions in the order they were written, whatever order they arrived in", async () => {
    const logs = [logLine("third", {}, 9), logLine("first", { service: "resolve" }, 1), logLine("second", {}, 5)];
    const told = await holdfast(["logs", RUN_ID], { run: ended, logs });
    expect(told.exitCode).toBe(0);
    expect(told.stdout.split("\n").map((line) => line.trim())).toEqual([
      "02:15:01.000  resolve          first",
      "02:15:05.000  dump-chunk       second",
      "02:15:09.000  dump-chunk       third",
      "",
    ]);
  });

  it("says what else a line has, an error in words, and nothing twice", async () => {
    const logs = [logLine("failed", { level: "ERROR", durationMillis: 12, error, stack: "at x", kind: "backup" })];
    const told = await holdfast(["logs", RUN_ID], { run: ended, logs });
    expect(told.stdout).toBe(
      "02:15:01.000  dump-chunk       failed  durationMillis=12 x is gone (IntegrityError, object-missing). Look for it.\n",
    );
  });

  it("leaves out metrics, which are lines of the log too", async () => {
    const metric = { at: new Date("2026-11-21T02:15:03Z"), message: `{"_aws":{},"runId":"${RUN_ID}"}`, stream: "s" };
    expect(
      (await holdfast(["logs", RUN_ID, "--json"], { run: ended, logs: [metric, logLine("x")] })).json.lines,
    ).toHaveLength(1);
  });

  it("narrows to errors, to a function, to a chunk from its call's first line on", async () => {
    const logs = [
      ...call("a", 7, 1),
      ...call("b", 8, 2),
      logLine("failed", { level: "ERROR", service: "judge", error }, 20),
    ];
    const messages = async (...options: string[]) => {
      const { json } = await holdfast(["logs", RUN_ID, ...options, "--json"], { run: ended, logs });
      return (json.lines as { message: string; requestId: string }[]).map(
        ({ message, requestId }) => `${requestId} ${message}`,
      );
    };
    expect(await messages("--errors")).toEqual(["r1 failed"]);
    expect(await messages("--function", "judge")).toEqual(["r1 failed"]);
    expect(await messages("--chunk", "7")).toEqual(["a begun", "a chunk begun", "a done"]);
    expect((await holdfast(["logs", RUN_ID, "--function", "hold"], { run: ended, logs })).stdout).toBe(
      "no such line among 7 lines\n",
    );
  });

  it("tells of a call that ended without a word what Lambda says of it", async () => {
    const report = {
      time: "2026-11-21T02:15:50Z",
      type: "platform.report",
      record: { requestId: "c", status: "timeout", metrics: { durationMs: 900_000 } },
    };
    const logs = [
      ...call("a", 7, 1),
      ...call("c", 9, 1).slice(0, 2),
      { at: new Date("2026-11-21T02:15:50Z"), message: JSON.stringify(report), stream: "s" },
    ];
    const told = await holdfast(["logs", RUN_ID, "--errors"], { run: ended, logs });
    expect(told.stdout).toContain("chunk 9  ended without an answer");
    expect(told.stdout).toContain('status=timeout metrics={"durationMs":900000}');
    expect(told.stdout).not.toContain("chunk 7");
    const running = await holdfast(["logs", RUN_ID], { run: { status: "running" }, logs });
    expect(running.stdout).not.toContain("ended without an answer");
  });

  it("follows until the run has ended and its last lines have come, telling each line once", async () => {
    let searches = 0;
    const all = [logLine("one", {}, 1), logLine("two", {}, 2), logLine("late", {}, 3)];
    const logs = () => {
      searches += 1;
      return all.slice(0, searches);
    };
    const told = await holdfast(["logs", RUN_ID, "--follow"], { run: ended, logs });
    expect(told.stdout.match(/one|two|late/g)).toEqual(["one", "two", "late"]);
  });

  it("goes on following when its reader leaves, and says so", async () => {
    const told = await holdfast(["logs", RUN_ID, "--follow"], { run: { status: "running" }, interruptAtPause: 2 });
    expect(told.exitCode).toBe(130);
  });

  it("needs no catalog: the id says when it was", async () => {
    expect(await holdfast(["logs", RUN_ID], { logs: [logLine("only")] })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining("only"),
    });
    const unknown = await holdfast(["logs", RUN_ID, "--json"], { logs: [] });
    expect(unknown).toMatchObject({ exitCode: 3, json: { error: { code: "run-not-found" } } });
  });

  it("writes out what a terminal would act on", async () => {
    const told = await holdfast(["logs", RUN_ID], {
      run: ended,
      logs: [logLine("x\u001b[2Jy", { table: "a\nb\u202e" })],
    });
    expect(told.stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    expect(told.stdout.split("\n")).toHaveLength(2);
  });
});

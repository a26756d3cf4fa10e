import middy from "@middy/core";
import { describe, expect, it, vi } from "vitest";
import { IntegrityError } from "../../../core/errors.ts";
import { boundary } from "../../../lambdas/shared/boundary.ts";
import { chunkEvent, parserOf } from "../../../lambdas/shared/events.ts";
import { logger } from "../../../lambdas/shared/logger.ts";

/** Metrics are lines on standard output. */
vi.stubEnv("POWERTOOLS_METRICS_DISABLED", "true");

const context = { awsRequestId: "r", getRemainingTimeInMillis: () => 600_000 } as never;
const event = { runId: "shop-20261121T021500Z-7k3f9q2mxa", epoch: 1, n: 2 };

function handlerThat(act: () => unknown) {
  for (const method of ["info", "error"] as const) vi.spyOn(logger, method).mockImplementation(() => {});
  return middy()
    .use(boundary(parserOf(chunkEvent)))
    .handler(async () => act());
}

describe("the boundary of a function", () => {
  it("gives the handler what its schema lets through", async () => {
    expect(await handlerThat(() => "fine")(event, context)).toBe("fine");
  });

  it("fails by name for an event that is none, naming the field", async () => {
    const failing = handlerThat(() => "never")({ ...event, n: -1 }, context);
    await expect(failing).rejects.toMatchObject({
      name: "ConfigurationError",
      message: expect.stringContaining("n: "),
    });
  });

  it("reports an error of ours under its name, with code, message and hint as JSON", async () => {
    const failing = handlerThat(() => {
      throw new IntegrityError("object-missing", "x is gone", { hint: "Look for it." });
    })(event, context);
    const error = await failing.then(
      () => undefined,
      (thrown: Error) => thrown,
    );
    expect(error?.name).toBe("IntegrityError");
    expect(JSON.parse(error?.message ?? "")).toEqual({
      code: "object-missing",
      message: "x is gone",
      hint: "Look for it.",
    });
  });

  it("names a throttle of AWS so that it is tried again", async () => {
    const throttle = Object.assign(new Error("slow down"), { name: "ThrottlingException", $metadata: {} });
    const failing = handlerThat(() => {
      throw throttle;
    })(event, context);
    await expect(failing).rejects.toMatchObject({ name: "StoreThrottledError" });
  });

  describe("logs", () => {
    /** What a function would have written, with the real logger. */
    async function logged(input: unknown, act: () => unknown = () => "fine") {
      vi.restoreAllMocks();
      const written: Record<string, unknown>[] = [];
      const write = (text: string) => void written.push(JSON.parse(text) as Record<string, unknown>);
      const { console } = logger as unknown as { console: Console };
      for (const method of ["info", "warn", "error", "debug"] as const)
        vi.spyOn(console, method).mockImplementation(write);
      const handler = middy()
        .use(boundary(parserOf(chunkEvent)))
        .handler(async () => act());
      await handler(input as never, context).catch(() => {});
      return written;
    }

    it("carry the run's id from the first to the last, also of an event that is refused", async () => {
      const done = await logged(event);
      expect(done.map(({ message, runId, n }) => ({ message, runId, n }))).toEqual([
        { message: "begun", runId: event.runId, n: 2 },
        { message: "done", runId: event.runId, n: 2 },
      ]);
      const [refused] = await logged({ ...event, n: -1 });
      expect(refused).toMatchObject({ message: "failed", level: "ERROR", runId: event.runId });
    });

    it("find a run by its execution where the event has no id yet", async () => {
      const execution = { arn: "arn:x", name: event.runId, startedAt: "2026-11-21T02:15:00Z" };
      const [refused] = await logged({ execution, input: { source: "shop" } });
      expect(refused).toMatchObject({ runId: event.runId });
      const [nobodys] = await logged({ execution, input: { source: "../x" } });
      expect(nobodys).not.toHaveProperty("runId");
    });

    it("tell every cause of an error, and no secret that one has quoted", async () => {
      const root = new Error("connect postgres://reader:s3cret-word@db/shop failed");
      const error = new IntegrityError("object-missing", "x is gone", { cause: new Error("inner", { cause: root }) });
      const written = await logged(event, () => {
        throw error;
      });
      expect(written.at(-1)).toMatchObject({
        message: "failed",
        error: { name: "IntegrityError", code: "object-missing" },
        causes: [{ message: "inner" }, { message: "connect postgres://reader:[redacted]@db/shop failed" }],
      });
      expect(JSON.stringify(written)).not.toContain("s3cret-word");
    });

    it("tell once a minute that long work goes on, and nothing once it has ended", async () => {
      vi.useFakeTimers();
      const written = await logged(event, () => vi.advanceTimersByTimeAsync(150_000));
      await vi.advanceTimersByTimeAsync(600_000);
      vi.useRealTimers();
      const progress = written.filter(({ message }) => message === "at work");
      expect(progress).toHaveLength(2);
      expect(progress[0]).toMatchObject({ runId: event.runId, durationMillis: expect.any(Number) });
    });
  });

  it("leaves the name of what nobody expected", async () => {
    const failing = handlerThat(() => {
      throw new TypeError("x is not a function");
    })(event, context);
    await expect(failing).rejects.toMatchObject({ name: "TypeError", message: expect.stringContaining("unexpected") });
  });
});

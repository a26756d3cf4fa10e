import middy from "@middy/core";
import { describe, expect, it, vi } from "vitest";
import { IntegrityError } from "../../../core/errors.ts";
import { boundary } from "../../../lambdas/shared/boundary.ts";
import { chunkEvent, parserOf } from "../../../lambdas/shared/events.ts";
import { logger } from "../../../lambdas/shared/logger.ts";

/** Metrics are lines on standard output. */
vi.stubEnv("POWERTOOLS_METRICS_DISABLED", "true");

const context = { awsRequestId: "r", getRemainingTimeInMillis: () => 60_000 } as never;
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

  it("leaves the name of what nobody expected", async () => {
    const failing = handlerThat(() => {
      throw new TypeError("x is not a function");
    })(event, context);
    await expect(failing).rejects.toMatchObject({ name: "TypeError", message: expect.stringContaining("unexpected") });
  });
});

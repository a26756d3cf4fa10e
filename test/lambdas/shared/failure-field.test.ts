import { expect, it } from "vitest";
import { failureField } from "../../../lambdas/shared/events.ts";

it.each([{}, { Cause: null }])("a failure without a cause keeps its name: %j", (cause) => {
  expect(failureField.parse({ Error: "States.Timeout", ...cause })).toEqual({ Error: "States.Timeout" });
});

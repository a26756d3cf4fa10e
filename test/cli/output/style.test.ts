import { expect, it } from "vitest";
import { createStyle } from "../../../cli/output/style.ts";

it("colours on a terminal", () => expect(createStyle(true, {}).bad("no")).toBe("\u001b[31mno\u001b[39m"));

it.each([
  ["a pipe", false, {}],
  ["NO_COLOR", true, { NO_COLOR: "1" }],
  ["a dumb terminal", true, { TERM: "dumb" }],
])("does not colour for %s", (_, isTerminal, env) => expect(createStyle(isTerminal, env).bad("no")).toBe("no"));

it("takes an empty NO_COLOR for none", () => {
  expect(createStyle(true, { NO_COLOR: "" }).good("yes")).not.toBe("yes");
});

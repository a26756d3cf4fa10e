import { describe, expect, it } from "vitest";
import { ConfigurationError, toErrorRecord } from "../../../core/errors.ts";
import { lineOf, parseCause } from "../../../core/runs/failure.ts";
import { asReported } from "../../../lambdas/shared/boundary.ts";

/** What Lambda makes of a thrown error. */
function causeOf(error: Error): string {
  return JSON.stringify({ errorType: error.name, errorMessage: error.message, trace: [error.stack] });
}

describe("a caught error", () => {
  it("of ours comes back as it was thrown", () => {
    const record = toErrorRecord(new ConfigurationError("unknown-source", "source is x", { hint: "Deploy." }));
    expect(parseCause("ConfigurationError", causeOf(asReported(record, undefined)))).toEqual(record);
  });

  it("of Lambda's own has a code and its sentence", () => {
    const cause = JSON.stringify({
      errorMessage: "Task timed out after 900.00 seconds",
      errorType: "Sandbox.Timedout",
    });
    expect(parseCause("Sandbox.Timedout", cause)).toEqual({
      name: "Sandbox.Timedout",
      code: "sandbox-timedout",
      message: "Task timed out after 900.00 seconds",
    });
  });

  it("without a cause, or with half of one, is still a record", () => {
    expect(parseCause("States.Timeout", undefined)).toMatchObject({ code: "states-timeout" });
    expect(parseCause("TypeError", '{"errorType":"Type')).toMatchObject({ name: "TypeError", code: "unexpected" });
  });

  it("that is long is cut before it can fill a state", () => {
    const record = toErrorRecord(new ConfigurationError("x", "y".repeat(100_000)));
    expect(causeOf(asReported(record, undefined)).length).toBeLessThan(4_000);
    expect(parseCause("A.B", "z".repeat(100_000)).message.length).toBeLessThan(2_000);
  });

  it.each(['"', "\\", "\n", "\u0001", "ä", '"\\\n'])(
    "keeps code and hint when a state machine cuts it, however much %j swells",
    (character) => {
      const error = new ConfigurationError("unknown-source", character.repeat(5_000), { hint: "Deploy it." });
      const cause = causeOf(asReported(toErrorRecord(error), undefined)).slice(0, 4_000);
      const found = parseCause("ConfigurationError", cause);
      expect(found).toMatchObject({ code: "unknown-source", hint: "Deploy it." });
      expect(character.repeat(5_000).startsWith(found.message) && found.message.length > 100).toBe(true);
    },
  );
});

describe("the line a run ends with", () => {
  const error = { name: "IntegrityError", code: "object-missing", message: "x is gone" };

  it("says what, why, and what to do", () => {
    const hint = "Look for its older versions.";
    expect(lineOf({ kind: "restore", source: "shop", status: "failed", error: { ...error, hint } })).toBe(
      "restore of shop failed: x is gone (IntegrityError, object-missing). Look for its older versions.",
    );
  });

  it("sends to the runbook where the error has no hint, and knows no source where the input has none", () => {
    expect(lineOf({ kind: "backup", source: undefined, status: "failed", error })).toBe(
      "backup of an unknown source failed: x is gone (IntegrityError, object-missing). Look up object-missing in docs/RUNBOOK.md.",
    );
  });

  it("is one line, whatever a server or a name brought", () => {
    const message = "line\r\ntwo \u001b[31mred\u2028 \u202eflip";
    const line = lineOf({ kind: "backup", source: "shop", status: "failed", error: { ...error, message } });
    expect(line).toContain("line\\r\\ntwo \\u{1b}[31mred\\u{2028} \\u{202e}flip (");
    expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });

  it("is short for a run that succeeded", () => {
    expect(lineOf({ kind: "backup", source: "shop", status: "succeeded" })).toBe("backup of shop succeeded");
  });
});

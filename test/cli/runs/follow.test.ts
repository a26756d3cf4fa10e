import { describe, expect, it } from "vitest";
import { PreconditionError, StoreThrottledError } from "../../../core/errors.ts";
import { holdfast, RESTORE_POINT_ID } from "../support/fakes.ts";

const output = JSON.stringify({ restorePointId: RESTORE_POINT_ID, status: "succeeded" });
const running = { status: "running" } as const;
const error = {
  name: "IntegrityError",
  code: "frame-invalid",
  message: "v1/data/x: frame 3",
  hint: "Restore a replica.",
};

describe("holdfast backup", () => {
  it("starts the machine under the run's id and tells times and sizes in one object", async () => {
    const told = await holdfast(["backup", "shop", "--reason", "why", "--json"], {
      executions: [running, running, { status: "succeeded", output }],
    });
    expect(told.exitCode).toBe(0);
    expect(told.started).toEqual([
      { machine: "backup", runId: "shop-20261121T021500Z-0000000000", input: { source: "shop", reason: "why" } },
    ]);
    expect(told.json).toEqual({
      schema: 1,
      command: "backup",
      notes: [],
      status: "succeeded",
      runId: "shop-20261121T021500Z-0000000000",
      restorePointId: RESTORE_POINT_ID,
      startedAt: "2026-11-21T02:15:00.000Z",
      warnings: [],
      finishedAt: "2026-11-21T02:15:02.000Z",
      durationSeconds: 2,
      line: "backup of shop succeeded",
      source: "shop",
      sizes: { plainBytes: 209715200, storedBytes: 52428800, tables: 9, rows: 1_100_000, chunks: 14 },
    });
  });

  it("keeps progress on standard error", async () => {
    const told = await holdfast(["backup", "shop"], { executions: [running, { status: "succeeded", output }] });
    expect(told.stderr).toBe("backup shop-20261121T021500Z-0000000000 · dumping · 5 of 14 chunks · 1.00 MiB · 0.0 s\n");
    expect(told.stdout).toContain(`restore point ${RESTORE_POINT_ID} of shop`);
    expect(told.stdout).toContain("200 MiB");
  });

  it("returns at once with --no-wait", async () => {
    const told = await holdfast(["backup", "shop", "--no-wait", "--json"], { executions: [running] });
    expect(told).toMatchObject({ exitCode: 0, json: { status: "running" } });
    expect(told.json).not.toHaveProperty("finishedAt");
  });

  it("exits with 6 when the patience ends before the run", async () => {
    const told = await holdfast(["backup", "shop", "--timeout", "5s", "--json"], { executions: [running] });
    expect(told).toMatchObject({ exitCode: 6, json: { status: "running", error: { code: "still-running" } } });
    expect(told.stderr).toContain("The run goes on");
  });

  it("exits with 130 when interrupted, and says that the run goes on", async () => {
    const told = await holdfast(["backup", "shop", "--json"], { executions: [running], interruptAtPause: 2 });
    expect(told).toMatchObject({ exitCode: 130, json: { status: "running", error: { name: "InterruptedError" } } });
  });

  it("takes a run that ended while the operator left for ended", async () => {
    const executions = [running, { status: "succeeded", output } as const];
    const told = await holdfast(["backup", "shop", "--json"], { executions, interruptAtPause: 1 });
    expect(told).toMatchObject({ exitCode: 0, json: { status: "succeeded" } });
  });
});

describe("following a run that cannot be asked", () => {
  const away = new StoreThrottledError("store-unreachable", "AWS cannot be reached");

  it("waits for the network to come back", async () => {
    const executions = [running, away, away, { status: "succeeded", output } as const];
    const told = await holdfast(["backup", "shop", "--json"], { executions });
    expect(told).toMatchObject({ exitCode: 0, json: { status: "succeeded", durationSeconds: 3 } });
  });

  it("gives up after a minute, naming the run that goes on", async () => {
    const told = await holdfast(["backup", "shop", "--json"], { executions: [running, away] });
    expect(told).toMatchObject({ exitCode: 1, json: { status: "running", error: { code: "store-unreachable" } } });
    expect(told.json.error).toMatchObject({ hint: expect.stringContaining(String(told.json.runId)) });
  });

  it("gives up at once when it is no longer allowed to ask", async () => {
    const denied = new PreconditionError("store-access-denied", "not any more");
    const told = await holdfast(["backup", "shop", "--json"], { executions: [running, denied] });
    expect(told).toMatchObject({ exitCode: 3, json: { status: "running", runId: expect.any(String) } });
  });
});

describe("holdfast show RUN --follow", () => {
  const runId = "shop-20261121T021500Z-7k3f9q2mxa";

  it("waits for a run that a schedule has started and exits as it did", async () => {
    const told = await holdfast(["show", runId, "--follow", "--json"], {
      executions: [running, { status: "failed", error: "IntegrityError" }],
      run: { error, finishedAt: "2026-11-21T02:20:00.000Z" },
    });
    expect(told).toMatchObject({
      exitCode: 4,
      started: [],
      json: { runId, status: "failed", durationSeconds: 300, error },
    });
  });

  it("does not follow a restore point", async () => {
    const told = await holdfast(["show", RESTORE_POINT_ID, "--follow", "--json"]);
    expect(told).toMatchObject({ exitCode: 2, json: { error: { code: "run-needed" } } });
  });
});

describe("a run that fails", () => {
  it("is told with the catalog's name, code, message and hint", async () => {
    const told = await holdfast(["backup", "shop", "--json"], {
      executions: [{ status: "failed", error: "IntegrityError", cause: "{}" }],
      run: { error },
    });
    expect(told).toMatchObject({ exitCode: 4, json: { status: "failed", error } });
    expect(told.stderr).toBe(
      "holdfast: backup of shop failed: v1/data/x: frame 3 (IntegrityError, frame-invalid). Restore a replica.\n",
    );
    expect(told.json.line).toBe(told.stderr.slice("holdfast: ".length).trimEnd());
  });

  it("is told with what Step Functions knows when the catalog knows nothing", async () => {
    const cause = JSON.stringify({ errorType: "PreconditionError", errorMessage: "the target is not empty" });
    const told = await holdfast(["backup", "shop", "--json"], {
      executions: [{ status: "failed", error: "PreconditionError", cause }],
    });
    expect(told).toMatchObject({ exitCode: 3, json: { error: { message: "the target is not empty" } } });
  });

  it.each([
    ["timed-out", "run-timed-out"],
    ["aborted", "execution-stopped"],
  ] as const)("is told by its code when it %s", async (status, code) => {
    const told = await holdfast(["backup", "shop", "--json"], { executions: [{ status }] });
    expect(told).toMatchObject({ exitCode: 1, json: { status: "failed", error: { code } } });
  });

  it("exits with 5 when another run holds the lease", async () => {
    const skipped = { status: "skipped", error: { name: "LeaseHeldError", code: "lease-held", message: "held by x" } };
    const told = await holdfast(["backup", "shop", "--json"], {
      executions: [{ status: "succeeded", output: JSON.stringify(skipped) }],
    });
    expect(told).toMatchObject({ exitCode: 5, json: { status: "skipped", error: skipped.error } });
  });

  it("is no success when the machine succeeds but says otherwise", async () => {
    const told = await holdfast(["backup", "shop", "--json"], {
      executions: [{ status: "succeeded", output: '{"status":"failed"}' }],
    });
    expect(told).toMatchObject({ exitCode: 1, json: { status: "failed" } });
  });
});

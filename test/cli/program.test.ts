import { describe, expect, it } from "vitest";
import type { RestorePoint } from "../../core/catalog/index.ts";
import { ConfigurationError } from "../../core/errors.ts";
import { wordsOf } from "../docs/pages.ts";
import { holdfast, RESTORE_POINT_ID, restorePoint } from "./support/fakes.ts";

const RUN_ID = "shop-20261121T021500Z-7k3f9q2mxa";
const everyCommand = [
  "backup",
  "list",
  "show",
  "verify",
  "restore",
  "compare",
  "runs",
  "logs",
  "catalog rebuild",
  "connect",
];

describe("the command line", () => {
  it.each(everyCommand)("explains %s with examples that it understands", async (command) => {
    const help = await holdfast([...command.split(" "), "--help"]);
    expect(help.exitCode).toBe(0);
    const examples = help.stdout.slice(help.stdout.indexOf("Examples:")).match(/(?<=\bholdfast )[^#\n]*/g) ?? [];
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const told = await holdfast(wordsOf(example), { secret: "postgres://user:password@host/database", run: {} });
      expect(told.exitCode, `${example}: ${told.stderr}`).not.toBe(2);
    }
  });

  it.each([
    [["bakup"], "unknown-command"],
    [["backup"], "missing-argument"],
    [["backup", "shop", "extra"], "excess-arguments"],
    [["backup", "shop", "--speed"], "unknown-option"],
    [["backup", "Shop"], "invalid-name"],
    [["backup", "shop", "--timeout", "soon"], "invalid-timeout"],
    [["runs", "--limit", "0"], "invalid-argument"],
    [["runs", "--status", "green"], "invalid-argument"],
    [["runs", "--since", "yesterday"], "invalid-since"],
    [["logs", "shop"], "invalid-id"],
    [["logs", RUN_ID, "--chunk", "x"], "invalid-argument"],
    [["logs", RUN_ID, "--since", "1w"], "invalid-since"],
    [["show", "yesterday"], "invalid-id"],
    [["verify", "latest", "--level", "some"], "invalid-argument"],
    [["restore", "latest", "--source", "shop"], "missing-option"],
    [["restore", "latest", "--source", "shop", "--to", "t", "--vault", "x"], "direct-only"],
    [["compare", "latest", "--to", "t"], "missing-mandatory-option-value"],
    [["catalog", "rebuild", "Shop"], "invalid-name"],
  ])("refuses %j with 2", async (argv, code) => {
    const told = await holdfast([...argv, "--json"]);
    expect(told).toMatchObject({ exitCode: 2, started: [] });
    expect(told.json).toMatchObject({
      schema: 1,
      command: expect.stringContaining(argv[0] ?? ""),
      status: "failed",
      error: { name: "UsageError", code },
    });
  });

  it("suggests the command that was meant", async () => {
    const told = await holdfast(["bakup"]);
    expect(told.stderr).toBe(
      "holdfast: unknown command 'bakup' (UsageError, unknown-command)\n  Did you mean backup?\n",
    );
    expect(told.stdout).toBe("");
  });

  it("takes --json ahead of the command as well as behind it", async () => {
    expect((await holdfast(["--json", "list"])).json).toEqual((await holdfast(["list", "--json"])).json);
    expect((await holdfast(["--json", "list"])).exitCode).toBe(0);
  });

  it("refuses with 3 where there is no installation", async () => {
    const openError = new ConfigurationError("installation-not-found", "there is none", { hint: "Deploy one." });
    const told = await holdfast(["list", "--json"], { openError });
    expect(told.exitCode).toBe(3);
    expect(told.json).toEqual({
      schema: 1,
      command: "list",
      status: "failed",
      error: {
        name: "ConfigurationError",
        code: "installation-not-found",
        message: "there is none",
        hint: "Deploy one.",
      },
    });
  });
});

describe("a restore point", () => {
  it("is listed with sizes in columns", async () => {
    const told = await holdfast(["list"]);
    expect(told.stdout.split("\n").slice(0, 2)).toEqual([
      "RESTORE POINT                SOURCE  STARTED (UTC)             ROWS     DATA    STORED  STATUS     VERIFIED",
      "20261121T021500Z-7k3f9q2mxa  shop    2026-11-21 02:15:00  1,100,000  200 MiB  50.0 MiB  available  –",
    ]);
  });

  it("is found by latest, not counting those that are quarantined", async () => {
    const damaged: RestorePoint = {
      ...restorePoint,
      restorePointId: "20261122T021500Z-7k3f9q2mxa",
      status: "quarantined",
    };
    const told = await holdfast(["show", "latest", "--json"], { restorePoints: [damaged, restorePoint] });
    expect(told).toMatchObject({ exitCode: 0, json: { restorePointId: RESTORE_POINT_ID } });
  });

  it("is not guessed by latest among several sources", async () => {
    const restorePoints = [restorePoint, { ...restorePoint, source: "blog" }];
    expect(await holdfast(["verify", "latest", "--json"], { restorePoints })).toMatchObject({
      exitCode: 2,
      json: { error: { code: "source-needed", message: "latest of which source? there are shop, blog" } },
    });
    expect(await holdfast(["verify", "latest", "--source", "blog", "--json"], { restorePoints })).toMatchObject({
      exitCode: 0,
      json: { source: "blog", isValid: true },
    });
  });

  it("that is not there is refused with 3", async () => {
    const told = await holdfast(["show", "20200101T000000Z-0000000000", "--json"]);
    expect(told).toMatchObject({ exitCode: 3, json: { error: { code: "restore-point-not-found" } } });
  });

  it("is restored with every choice explicit", async () => {
    const argv = [
      "restore",
      "latest",
      "--source",
      "shop",
      "--to",
      "staging",
      "--database",
      "copy",
      "--create",
      "--no-owner",
    ];
    const told = await holdfast([...argv, "--json"]);
    expect(told.exitCode).toBe(0);
    expect(told.started[0]).toMatchObject({
      machine: "restore",
      input: {
        source: "shop",
        options: { restorePointId: RESTORE_POINT_ID, target: "staging", database: "copy", create: true, noOwner: true },
      },
    });
  });

  it("that is damaged is told object by object", async () => {
    const findings = [{ where: "v1/data/x", code: "frame-invalid", message: "frame 3 does not decrypt" }];
    const error = { name: "IntegrityError", code: "verification-failed", message: "1 issue" };
    const told = await holdfast(["verify", "latest", "--json"], {
      executions: [{ status: "failed", error: "IntegrityError" }],
      run: { kind: "verify", error, findings },
    });
    expect(told).toMatchObject({ exitCode: 4, json: { isValid: false, issues: findings, error } });
  });
});

describe("a comparison", () => {
  const finding = { where: '"public"."item"', code: "table-differs", message: "has 4 rows, expected are 5" };
  const argv = ["compare", "latest", "--source", "shop", "--to", "staging"];

  it("tells what differs, thing by thing, and exits with 4", async () => {
    const error = { name: "IntegrityError", code: "restore-differs", message: "1 difference" };
    const told = await holdfast(argv, {
      executions: [{ status: "failed", error: "IntegrityError" }],
      run: { kind: "compare", error, findings: [finding] },
    });
    expect(told.exitCode).toBe(4);
    expect(told.stdout).toContain('differs  "public"."item": has 4 rows, expected are 5 (table-differs)');
  });

  it("keeps apart what a run that succeeded wants known", async () => {
    const note = { where: "item", code: "rows-only-counted", message: "nothing to hash by" };
    const told = await holdfast([...argv, "--json"], {
      run: { kind: "compare", status: "succeeded", findings: [note] },
    });
    expect(told).toMatchObject({ exitCode: 0, json: { isIdentical: true, differences: [], notes: [note] } });
  });
});

describe("names of the deployed configuration", () => {
  const names = { sources: ["shop", "blog"], connections: ["shop-read"] };

  it("are known to backup before it begins a run", async () => {
    const told = await holdfast(["backup", "nope", "--json"], { names });
    expect(told).toMatchObject({
      exitCode: 3,
      started: [],
      json: { error: { code: "unknown-source", message: "source is nope, configured are shop, blog" } },
    });
    expect((await holdfast(["backup", "shop"], { names })).started).toHaveLength(1);
  });

  it("are known to connect, which says when nothing uses what it stored", async () => {
    const secret = "postgres://user:password@host/database";
    const told = await holdfast(["connect", "shop-raed"], { names, secret });
    expect(told).toMatchObject({ exitCode: 0, stored: [{ name: "shop-raed" }] });
    expect(told.stdout).toContain("connects by shop-raed; in use are: shop-read");
    expect((await holdfast(["connect", "shop-read"], { names, secret })).stdout).toContain("The preflight");
  });
});

describe("a run", () => {
  it.each(["running", "failed", "skipped", "succeeded"] as const)(
    "that is %s is shown as that, with 0",
    async (status) => {
      expect(await holdfast(["show", RUN_ID, "--json"], { run: { status } })).toMatchObject({
        exitCode: 0,
        json: { status, run: { status } },
      });
    },
  );

  it("is shown with the line it ended with, as it is everywhere", async () => {
    const line = "backup of shop failed: x is gone (IntegrityError, object-missing). Look.";
    const error = { name: "IntegrityError", code: "object-missing", message: "x is gone", hint: "Look." };
    expect((await holdfast(["show", RUN_ID], { run: { line, error } })).stdout).toContain(`\nholdfast: ${line}\n`);
  });

  it("is listed with how long it took, what it holds, and what it failed of", async () => {
    const run = {
      restorePointId: RESTORE_POINT_ID,
      finishedAt: "2026-11-21T02:15:20.000Z",
      status: "succeeded",
    } as const;
    const [heading = "", row = ""] = (await holdfast(["runs"], { run })).stdout.split("\n");
    expect(heading).toMatch(/^RUN +KIND +STARTED \(UTC\) +TOOK +DATA +STORED +STATUS +ERROR$/);
    expect(row).toContain("20 s  200 MiB  50.0 MiB  succeeded");
  });
});

describe("holdfast connect", () => {
  const secret = "postgres://reader:s3cret-word@db.example.com:5433/shop";

  it("stores what it was given, and shows everything but the password", async () => {
    const told = await holdfast(["connect", "shop.read", "--replace", "--json"], { secret: `${secret}\n` });
    expect(told.stored).toEqual([{ name: "shop.read", secret, mayReplace: true }]);
    expect(told.json).toMatchObject({
      secretName: "holdfast/default/shop.read",
      connection: { host: "db.example.com", port: 5433, user: "reader", database: "shop" },
    });
    expect(told.stdout + told.stderr).not.toContain("s3cret-word");
  });

  it("works before the first deployment when it is told the installation's name", async () => {
    const told = await holdfast(["connect", "shop", "--installation", "new"], { secret });
    expect(told.exitCode).toBe(0);
    expect(told.stdout).toContain("new is not deployed yet");
  });

  it("refuses what is no connection before anything is stored, without repeating it", async () => {
    const told = await holdfast(["connect", "shop", "--json"], { secret: "mysql://x:s3cret-word@y/z" });
    expect(told).toMatchObject({ exitCode: 3, stored: [] });
    expect(told.stdout + told.stderr).not.toContain("s3cret-word");
  });

  it("does not repeat a connection given in place of its name", async () => {
    const told = await holdfast(["connect", secret]);
    expect(told).toMatchObject({ exitCode: 2, stored: [] });
    expect(told.stderr).not.toContain("s3cret-word");
  });
});

describe("a rebuild of the catalog", () => {
  const rebuilt = { found: 12, filed: 9, updated: 1, unchanged: 0, refused: 2, missing: 1 };

  it("is of every source without one, and of the one that is named", async () => {
    const every = await holdfast(["catalog", "rebuild"]);
    expect(every.started).toMatchObject([
      { machine: "rebuild", input: { source: "all", options: { everySource: true } } },
    ]);
    const one = await holdfast(["catalog", "rebuild", "shop"]);
    expect(one.started).toMatchObject([
      { machine: "rebuild", input: { source: "shop", options: { everySource: false } } },
    ]);
  });

  it("tells what it came to, in words and as JSON, also when it failed of what it found", async () => {
    const error = { name: "IntegrityError", code: "manifest-invalid", message: "v1/meta/x: is no manifest" };
    const issue = { where: "v1/meta/x", code: error.code, message: "is no manifest" };
    const options = {
      executions: [{ status: "failed" as const }],
      run: { kind: "rebuild" as const, error, findings: [issue], rebuilt },
    };
    const told = await holdfast(["catalog", "rebuild", "--json"], options);
    expect(told.exitCode).toBe(4);
    expect(told.json).toMatchObject({ command: "catalog rebuild", status: "failed", rebuilt, issues: [issue], error });
    const text = (await holdfast(["catalog", "rebuild"], options)).stdout;
    for (const line of [/filed +9/, /not readable +2/, /missing +1/, /v1\/meta\/x/]) expect(text).toMatch(line);
    expect(text).not.toContain("as they were");
  });
});

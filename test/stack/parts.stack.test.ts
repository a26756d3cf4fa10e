import { afterAll, beforeAll, expect, it } from "vitest";
import { FILM_SCHEMA } from "../core/restore/parts/film-schema.ts";
import { asAdmin, type TestDatabase } from "../support/postgres.ts";
import { runMachine, storeConnection } from "../support/stack.ts";
import { backUp, catalog, databaseBehind, type MachineOutput } from "./sources.ts";

let source: TestDatabase;
let restorePointId: string;

async function run(machine: "restore" | "compare", input: object) {
  const ended = await runMachine(machine, {
    source: "parted",
    options: { target: "parted", restorePointId, ...input },
  });
  return { ...ended, output: ended.result as MachineOutput };
}

beforeAll(async () => {
  source = await databaseBehind("parted", FILM_SCHEMA);
  await storeConnection("parted-write", "postgres", "write");
  restorePointId = (await backUp("parted")).outcome?.restorePointId ?? "";
});
afterAll(() => source.drop());

it("backs up parts as configured, and brings one table back beside the one in use while that goes on", async () => {
  const point = await catalog().restorePoints.get(restorePointId, "parted");
  expect(point?.parts).toContain("without tables app.language");
  expect(point?.warnings.join("\n")).toContain("the restore point holds parts only");
  await source.query("DELETE FROM app.rental; DELETE FROM app.film WHERE film_id > 100");
  const back = { database: source.name, tables: ["app.film"], intoSchema: "recovered" };
  let isOver = false;
  const working = (async () => {
    for (let n = 0; !isOver; n += 1) {
      await source.query("UPDATE app.film SET title = title || $1 WHERE film_id = 1 + $2", [`.${n}`, n % 100]);
    }
  })();
  const { status, cause, output } = await run("restore", { ...back, compare: "rows" }).finally(() => {
    isOver = true;
  });
  await working;
  expect({ status, cause }).toEqual({ status: "SUCCEEDED", cause: undefined });
  expect((await catalog().runs.get(output.runId))?.notes?.parts).toMatch(/^parts of the restore point only: 1 of \d+/);
  const [counted] = await source.query(
    "SELECT (SELECT count(*)::int FROM app.film) AS used, (SELECT count(*)::int FROM recovered.film) AS back, to_regnamespace('holdfast_restore') AS marker",
  );
  expect(counted).toEqual({ used: 100, back: 500, marker: null });
  const compared = await run("compare", back);
  expect({ status: compared.status, cause: compared.cause }).toEqual({ status: "SUCCEEDED", cause: undefined });
});

it("restores a restore point of parts into a database of its own, identical as far as it goes", async () => {
  const database = `${source.name}_parts`;
  const { status, cause } = await run("restore", {
    create: true,
    database,
    compare: "rows",
    excludeTables: ["app.rental"],
  });
  expect({ status, cause }).toEqual({ status: "SUCCEEDED", cause: undefined });
  await asAdmin((admin) => admin.query(`DROP DATABASE ${database}`));
});

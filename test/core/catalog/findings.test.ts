import { GetCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { expect, it } from "vitest";
import { createCatalog, type Finding } from "../../../core/catalog/index.ts";
import { PROTOCOL } from "../../../core/catalog/items.ts";

const RUN_ID = "shop-20261121T021500Z-7k3f9q2mxa";
const finding = (n: number): Finding => ({ where: `chunk ${n}`, code: "object-missing", message: `no chunk ${n}` });

function runWith(findings: readonly Finding[]) {
  let stored: { readonly findings: readonly Finding[] } = { findings };
  const send = async (command: unknown) => {
    if (command instanceof UpdateCommand) {
      stored = { ...stored, findings: command.input.ExpressionAttributeValues?.[":findings"] };
    } else if (!(command instanceof GetCommand)) throw new Error("nothing else is expected");
    const item = { ...stored, runId: RUN_ID, status: "running", protocol: PROTOCOL };
    return { Item: item, Attributes: item };
  };
  const { runs } = createCatalog({ client: { send } as never, table: "catalog", clock: () => new Date(0) });
  return { runs, found: () => stored.findings };
}

it("what a later step of a run finds takes nothing away, and is there once when the step is repeated", async () => {
  const { runs, found } = runWith([finding(1)]);
  await runs.addFindings(RUN_ID, [finding(2), finding(1)]);
  await runs.addFindings(RUN_ID, [finding(2), finding(1)]);
  expect(found()).toEqual([finding(1), finding(2)]);
});

it("a run keeps no more findings than its item has room for", async () => {
  const { runs, found } = runWith([finding(0)]);
  await runs.addFindings(
    RUN_ID,
    Array.from({ length: 5_000 }, (_, n) => finding(n)),
  );
  expect(found()[0]).toEqual(finding(0));
  expect(JSON.stringify(found()).length).toBeLessThan(100_000);
});

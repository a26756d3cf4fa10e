import { QueryCommand } from "@aws-sdk/lib-dynamodb";
import { expect, it } from "vitest";
import { createCatalog, type Run } from "../../../core/catalog/index.ts";

const RUN_ID = "shop-20261121T021500Z-7k3f9q2mxa";
const item = { pk: `RUN#${RUN_ID}`, epoch: 1, body: { ranges: "x".repeat(500) }, attempts: 1 };
const stored = [
  { ...item, n: 1, progressBytes: 9, winner: { written: {} }, plainBytes: 0, storedBytes: 5, rows: 0, next: 3 },
  { ...item, n: 2, progressBytes: 7 },
];

/** Answers with the attributes that were asked for, as DynamoDB does. */
async function send(command: unknown) {
  if (!(command instanceof QueryCommand)) throw new Error("nothing but a query is expected");
  const { ProjectionExpression, ExpressionAttributeNames = {} } = command.input;
  if (ProjectionExpression === undefined) return { Items: stored };
  const asked = ProjectionExpression.split(", ").map((name) => ExpressionAttributeNames[name] ?? name);
  return {
    Items: stored.map((one) => Object.fromEntries(Object.entries(one).filter(([name]) => asked.includes(name)))),
  };
}

const { chunks } = createCatalog({ client: { send } as never, table: "catalog", clock: () => new Date(0) });

it("says how far every chunk is without reading what it is and what its winner wrote: there may be 100,000", async () => {
  expect(await chunks.states(RUN_ID)).toEqual([
    { n: 1, epoch: 1, progressBytes: 9, plainBytes: 0, storedBytes: 5, rows: 0, next: 3, isWon: true },
    { n: 2, epoch: 1, progressBytes: 7, isWon: false },
  ]);
});

it("sums up the same", async () => {
  const run = { runId: RUN_ID, epoch: 1, phase: "dumping" } as Run;
  const sums = { chunksDone: 1, chunksTotal: 2, bytesDone: 7, storedBytes: 5, rows: 0 };
  expect(await chunks.progress(run)).toEqual({ phase: "dumping", ...sums });
});

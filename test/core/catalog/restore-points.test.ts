import { GetCommand, PutCommand, TransactWriteCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { expect, it } from "vitest";
import { createCatalog, type RestorePoint } from "../../../core/catalog/index.ts";

it("a restore point that is filed again keeps what verifications said of it", async () => {
  let stored: Readonly<Record<string, unknown>> | undefined;
  const send = async (command: unknown) => {
    if (!(command instanceof PutCommand)) throw new Error("nothing but puts is expected");
    const { Item, ConditionExpression } = command.input;
    if (stored !== undefined && ConditionExpression === "attribute_not_exists(pk)") {
      throw Object.assign(new Error("it is there"), { name: "ConditionalCheckFailedException" });
    }
    stored = Item;
    return {};
  };
  const clock = () => new Date(0);
  const { restorePoints } = createCatalog({ client: { send } as never, table: "catalog", clock });
  const point = { restorePointId: "20261121T021500Z-7k3f9q2mxa", source: "shop" };
  await restorePoints.put({ ...point, status: "quarantined" } as RestorePoint);
  await restorePoints.put({ ...point, status: "available" } as RestorePoint);
  expect(stored).toMatchObject({ ...point, status: "quarantined" });
});

it.each([
  ["quarantined", "quarantined"],
  ["available", "available"],
] as const)("a restore point that was %s, missing for a while and brought back is %s", async (status, after) => {
  let stored: Readonly<Record<string, unknown>> = {};
  const send = async (command: unknown) => {
    if (command instanceof GetCommand) return { Item: stored };
    if (command instanceof PutCommand) stored = command.input.Item ?? {};
    if (command instanceof TransactWriteCommand) stored = command.input.TransactItems?.[0]?.Put?.Item ?? {};
    if (command instanceof UpdateCommand) stored = { ...stored, ...assignedBy(command.input) };
    return { Attributes: stored };
  };
  const { restorePoints } = createCatalog({ client: { send } as never, table: "catalog", clock: () => new Date(0) });
  const point = { restorePointId: "20261121T021500Z-7k3f9q2mxa", source: "shop" };
  await restorePoints.put({ ...point, status } as RestorePoint);
  await restorePoints.markMissing({ ...point, status } as RestorePoint);
  expect(stored).toMatchObject({ status: "missing" });
  // Its report could not be written when the damage was found, so the vault knows nothing of it.
  await restorePoints.reconcile({ ...point, status: "available" } as RestorePoint);
  expect(stored).toMatchObject({ status: after });
});

function assignedBy({
  UpdateExpression = "",
  ExpressionAttributeNames: names,
  ExpressionAttributeValues: values,
}: Assignment) {
  const assignments = [...UpdateExpression.matchAll(/([#\w]+) = (:\w+)/g)];
  return Object.fromEntries(assignments.map(([, name = "", value = ""]) => [names?.[name] ?? name, values?.[value]]));
}

type Assignment = Pick<
  UpdateCommand["input"],
  "UpdateExpression" | "ExpressionAttributeNames" | "ExpressionAttributeValues"
>;

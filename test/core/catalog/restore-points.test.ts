import { PutCommand } from "@aws-sdk/lib-dynamodb";
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

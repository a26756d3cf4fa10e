/** placeholder */
import type { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { CatalogView } from "./port.ts";
export function createCatalogView(_documents: DynamoDBDocumentClient, _table: string): CatalogView {
  throw new Error("not there yet");
}

/**
 * The few ways in which the catalog speaks to its table, with throttles named so that state machines retry them.
 * @module
 */
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  type PutCommandInput,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
  type UpdateCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { cancellationReasons, mapAwsError } from "../aws/errors.ts";
import type { Clock } from "../ids.ts";
import { RUN_DAYS } from "./items.ts";
import type { ItemKey } from "./keys.ts";

export type Item = Readonly<Record<string, unknown>>;

/** Single writes side by side: as fast as batches for the thousands of a plan, and the SDK retries each by itself. */
export const AT_ONCE = 32;

export interface TableOptions {
  readonly client: DynamoDBDocumentClient;
  readonly table: string;
  readonly clock: Clock;
}

export class Table {
  readonly #client: DynamoDBDocumentClient;
  readonly #name: string;
  readonly #clock: Clock;

  constructor(options: TableOptions) {
    this.#client = options.client;
    this.#name = options.table;
    this.#clock = options.clock;
  }

  now(): string {
    return this.#clock().toISOString();
  }

  nowMillis(): number {
    return this.#clock().getTime();
  }

  /** When DynamoDB may remove an item of a run, in seconds since 1970. */
  runExpiry(): number {
    return Math.floor(this.nowMillis() / 1000) + RUN_DAYS * 24 * 3600;
  }

  /** Consistent: workers decide by what they read. */
  async get(key: ItemKey): Promise<Item | undefined> {
    const answer = await this.#send(() =>
      this.#client.send(new GetCommand({ TableName: this.#name, Key: key, ConsistentRead: true })),
    );
    return answer.Item;
  }

  /** @returns false when the item was there already. */
  async putNew(item: Item): Promise<boolean> {
    return this.putIf(item, { ConditionExpression: "attribute_not_exists(pk)" });
  }

  /** @returns false when the condition did not hold. */
  async putIf(
    item: Item,
    condition: Pick<PutCommandInput, "ConditionExpression" | "ExpressionAttributeValues">,
  ): Promise<boolean> {
    const put = new PutCommand({ TableName: this.#name, Item: item, ...condition });
    return this.#conditional(() => this.#client.send(put));
  }

  async put(item: Item): Promise<void> {
    await this.#send(() => this.#client.send(new PutCommand({ TableName: this.#name, Item: item })));
  }

  /** @returns the item as it is afterwards, or undefined when the condition did not hold. */
  async update(key: ItemKey, update: Omit<UpdateCommandInput, "TableName" | "Key">): Promise<Item | undefined> {
    const command = new UpdateCommand({ TableName: this.#name, Key: key, ReturnValues: "ALL_NEW", ...update });
    try {
      return (await this.#client.send(command)).Attributes ?? {};
    } catch (error) {
      if (isConditionFailure(error)) return undefined;
      throw mapAwsError(error, "use the catalog");
    }
  }

  /** All or nothing. @returns false when one of the conditions did not hold. */
  async transact(build: (table: string) => NonNullable<TransactWriteCommandInput["TransactItems"]>): Promise<boolean> {
    const command = new TransactWriteCommand({ TransactItems: build(this.#name) });
    return this.#conditional(() => this.#client.send(command));
  }

  /** Every item of a query, however many pages; `limit` ends it early. */
  async query(input: Omit<QueryCommandInput, "TableName">, limit = Number.POSITIVE_INFINITY): Promise<Item[]> {
    const items: Item[] = [];
    let start: QueryCommandInput["ExclusiveStartKey"];
    do {
      const page: QueryCommandInput = { TableName: this.#name, ...input };
      // Without it a page is a megabyte, however few are wanted.
      if (Number.isFinite(limit)) page.Limit = Math.max(1, limit - items.length);
      if (start !== undefined) page.ExclusiveStartKey = start;
      const answer = await this.#send(() => this.#client.send(new QueryCommand(page)));
      items.push(...(answer.Items ?? []));
      start = answer.LastEvaluatedKey;
    } while (start !== undefined && items.length < limit);
    return items.slice(0, Math.min(items.length, limit));
  }

  /** Everything of one partition whose sort key begins so. */
  async list(pk: string, prefix: string, consistent = true): Promise<Item[]> {
    return this.query({
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":pk": pk, ":prefix": prefix },
      ConsistentRead: consistent,
    });
  }

  async #conditional(send: () => Promise<unknown>): Promise<boolean> {
    try {
      await send();
      return true;
    } catch (error) {
      if (isConditionFailure(error)) return false;
      throw mapAwsError(error, "use the catalog");
    }
  }

  async #send<T>(send: () => Promise<T>): Promise<T> {
    try {
      return await send();
    } catch (error) {
      throw mapAwsError(error, "use the catalog");
    }
  }
}

/** A transaction is cancelled for its conditions, or because another one touched the same item: that is worth a retry. */
function isConditionFailure(error: unknown): boolean {
  return (
    error instanceof Error && [error.name, ...cancellationReasons(error)].includes("ConditionalCheckFailedException")
  );
}

/**
 * What a state machine's role must be allowed, derived from its definition: CDK adds nothing for definitions that come from files,
 * and the local AWS does not enforce the roles of state machines, so this derivation is both the policy and its test.
 * @module
 */
import { type AslDefinition, type AslState, statesOf } from "./definition.ts";

export type Need =
  /** A function outside any VPC, by the token that stands for its version (`Resolve`). */
  | { readonly kind: "function"; readonly token: string }
  /** A worker, by its verb in camel case (`dumpChunk`), in any network. */
  | { readonly kind: "worker"; readonly verb: string }
  /** An action on the resource a token stands for (`CatalogTable`). */
  | { readonly kind: "action"; readonly action: string; readonly token: string }
  /** `.sync` start of another state machine. */
  | { readonly kind: "machine"; readonly token: string }
  /** The machine starts and follows children of its own. */
  | { readonly kind: "distributed-map" };

/** @throws Error naming the state, when a state does something no rule here knows. */
export function deriveNeeds(definition: AslDefinition): Need[] {
  const needs = new Map<string, Need>();
  for (const [name, state] of statesOf(definition)) {
    for (const need of needsOfState(name, state)) needs.set(JSON.stringify(need), need);
  }
  return [...needs.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, need]) => need);
}

function* needsOfState(name: string, state: AslState): Generator<Need> {
  if (state.Type === "Task") yield needOfTask(name, state.Resource ?? "", state.Arguments ?? state.Parameters);
  if (state.ItemProcessor?.ProcessorConfig?.Mode === "DISTRIBUTED") yield { kind: "distributed-map" };
  for (const access of [state.ItemReader, state.ResultWriter]) {
    if (access !== undefined) yield needOfTask(name, access.Resource ?? "", access.Arguments ?? access.Parameters);
  }
}

/** `lambda:invoke`, `sns:publish`, `aws-sdk:dynamodb:updateItem`: service and camel-case API action. */
const INTEGRATION =
  /^arn:(?:aws|\$\{[^}]+\}):states:::(?:aws-sdk:)?([a-z0-9]+):([a-zA-Z]+)(\.sync(?::2)?|\.waitForTaskToken)?$/;

/** Which argument names the resource an action is allowed on. */
const RESOURCE_ARGUMENT: Readonly<Record<string, string>> = {
  "dynamodb:GetItem": "TableName",
  "dynamodb:PutItem": "TableName",
  "dynamodb:UpdateItem": "TableName",
  "dynamodb:DeleteItem": "TableName",
  "dynamodb:Query": "TableName",
  "s3:GetObject": "Bucket",
  "s3:PutObject": "Bucket",
  "sns:Publish": "TopicArn",
};

function needOfTask(state: string, resource: string, args: unknown): Need {
  const [, service = "", call = "", mode = ""] = INTEGRATION.exec(resource) ?? [];
  const integration = `${service}:${call}${mode}`;
  if (service === "lambda" && call === "invoke") return needOfInvoke(state, argument(args, "FunctionName"));
  if (service === "states" || service === "sfn") {
    const token = tokenOf(argument(args, "StateMachineArn"));
    if (call === "startExecution" && token !== undefined) return { kind: "machine", token };
  }
  const action = `${service}:${call.charAt(0).toUpperCase()}${call.slice(1)}`;
  const named = RESOURCE_ARGUMENT[action];
  const token = named === undefined ? undefined : tokenOf(argument(args, named));
  if (token === undefined)
    throw new Error(`state ${state} calls ${integration || resource}, no rule says what its role needs`);
  return { kind: "action", action, token };
}

function needOfInvoke(state: string, functionName: unknown): Need {
  const token = tokenOf(functionName);
  if (token !== undefined) return { kind: "function", token };
  // A variable or a field of the input that holds the workers of the source's network: `{% $workers.dumpChunk %}`.
  const verb = typeof functionName === "string" ? /\bworkers\.([a-zA-Z]+)\b/.exec(functionName)?.[1] : undefined;
  if (verb === undefined) {
    throw new Error(
      `state ${state} invokes ${JSON.stringify(functionName)}, allowed is \${Token} or {% $workers.verb %}`,
    );
  }
  return { kind: "worker", verb };
}

function argument(args: unknown, name: string): unknown {
  if (typeof args !== "object" || args === null) return undefined;
  const record = args as Readonly<Record<string, unknown>>;
  return record[name] ?? record[`${name}.$`];
}

function tokenOf(value: unknown): string | undefined {
  return typeof value === "string" ? /^\$\{([A-Za-z]+)\}$/.exec(value)?.[1] : undefined;
}

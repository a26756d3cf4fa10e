/**
 * Which requests meet with a fault, and with which.
 */
import type { AwsOperation } from "./operation.ts";

/** What becomes of a request. Its connection is one of the function's own, so other requests wait for nothing. */
export type FaultEffect =
  /** AWS's own refusal in the shape of the service's protocol; `fields` go into a JSON body beside `__type`. */
  | { readonly status: number; readonly code: string; readonly message?: string; readonly fields?: object }
  /** The connection is reset: at once; when the request has been done and its answer is lost. */
  | "reset"
  | "reset-after"
  /** The connection is reset when so many bytes of the request's body have passed, or of the answer's. */
  | { readonly resetAfterBytes: number }
  | { readonly resetAfterAnswerBytes: number }
  /** So many bytes of the answer pass, then nothing comes any more; the connection is reset when the fault has ended. */
  | { readonly silentAfterAnswerBytes: number }
  | { readonly delayMillis: number }
  /** Goes on when the fault has ended. */
  | "hold"
  /** Never answered; the connection is reset when the fault has ended. */
  | "silence"
  /** The calling process is killed (SIGKILL): before the request is done; after it has been done, without an answer. */
  | "kill-before"
  | "kill-after";

export interface FaultRule {
  /** As in signatures: `s3`, `dynamodb`, `kms`, `secretsmanager`, `sns`, `events`, `ssm`, `states`, `lambda`, … */
  readonly service?: string;
  /** As AWS names it: `UploadPart`, `UpdateItem`, `GenerateDataKey`, … */
  readonly operation?: string;
  /** Part of the path with its query, of a header, or of a body of at most 256 KiB. Scope a fault to your source by it. */
  readonly containing?: string;
  /** The calling function by its folder in `lambdas`, e.g. `dump-chunk`. */
  readonly caller?: string;
  /** Matching requests that pass first. @default 0 */
  readonly skip?: number;
  /** Requests that meet with it, then it is over. @default all */
  readonly times?: number;
  readonly effect: FaultEffect;
}

/** What rules look at. */
export interface SeenRequest extends AwsOperation {
  /** Path and headers, and the body where it is small. */
  readonly text: string;
  readonly caller: () => Promise<string>;
}

export interface Fault {
  readonly effect: FaultEffect;
  /** Resolves when the rule is ended. */
  readonly over: Promise<void>;
}

export class Rulebook {
  readonly #rules = new Map<number, Entry>();
  #lastId = 0;

  add(rule: FaultRule): number {
    this.#lastId += 1;
    this.#rules.set(this.#lastId, { rule, seen: 0, hits: 0, ...Promise.withResolvers<void>() });
    return this.#lastId;
  }

  /** Requests that have met with the fault so far. @throws Error for a rule that is not there. */
  hits(id: number): number {
    const entry = this.#rules.get(id);
    if (entry === undefined) throw new Error(`there is no rule ${id}`);
    return entry.hits;
  }

  /** @returns how many requests had met with it; what is held by it goes on. */
  end(id: number): number {
    const hits = this.hits(id);
    this.#rules.get(id)?.resolve();
    this.#rules.delete(id);
    return hits;
  }

  endAll(): void {
    for (const id of [...this.#rules.keys()]) this.end(id);
  }

  get isEmpty(): boolean {
    return this.#rules.size === 0;
  }

  /** The oldest rule that has its turn wins; every rule that matches counts the request. */
  async faultFor(request: SeenRequest): Promise<Fault | undefined> {
    let found: Fault | undefined;
    for (const entry of [...this.#rules.values()]) {
      if (!(await matches(entry.rule, request))) continue;
      const { skip = 0, times = Number.POSITIVE_INFINITY } = entry.rule;
      entry.seen += 1;
      if (found !== undefined || entry.seen <= skip || entry.hits >= times) continue;
      entry.hits += 1;
      found = { effect: entry.rule.effect, over: entry.promise };
    }
    return found;
  }
}

interface Entry {
  readonly rule: FaultRule;
  seen: number;
  hits: number;
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

async function matches({ service, operation, containing, caller }: FaultRule, request: SeenRequest): Promise<boolean> {
  if (service !== undefined && service !== request.service) return false;
  if (operation !== undefined && operation !== request.operation) return false;
  if (containing !== undefined && !request.text.includes(containing)) return false;
  return caller === undefined || (await request.caller()) === caller;
}

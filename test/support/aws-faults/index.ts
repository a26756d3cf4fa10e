/**
 * Faults between the functions and the local AWS, for tests of the deployed stack. The tests' own clients meet none.
 * @module
 */
import { setTimeout as pause } from "node:timers/promises";
import { inject } from "vitest";
import type { FaultRule } from "./rules.ts";

export type { FaultEffect, FaultRule } from "./rules.ts";

export interface AwsFault {
  /** Requests that have met with it so far. */
  hits(): Promise<number>;
  /** Resolves when so many requests have met with it; the test's own time limit ends a wait in vain. @default 1 */
  met(count?: number): Promise<void>;
  /** No request meets with it any more, and those it held go on. May be called twice. @returns its hits. */
  end(): Promise<number>;
  /** For `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** From now on, requests of functions meet with it. Files run side by side: scope it by `containing` to your source. */
export async function awsFault(rule: FaultRule): Promise<AwsFault> {
  const control = inject("stack").faultControl;
  const id = await ask(control, "POST", JSON.stringify(rule));
  const hits = () => ask(`${control}${id}`, "GET");
  let ended: Promise<number> | undefined;
  const end = () => {
    ended ??= ask(`${control}${id}`, "DELETE");
    return ended;
  };
  return {
    hits: () => ended ?? hits(),
    async met(count = 1) {
      while ((await hits()) < count) await pause(25);
    },
    end,
    async [Symbol.asyncDispose]() {
      await end();
    },
  };
}

async function ask(url: string, method: string, body?: string): Promise<number> {
  const answer = await fetch(url, body === undefined ? { method } : { method, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`the fault proxy refused ${method} ${url}: ${text}`);
  return Number(text);
}

/** How long, from which seed, and whether one round only; handed on by `main.ts` to the process that runs the test. */
export interface Parameters {
  readonly seed: string;
  readonly minutes: number;
  /** Play this round and no other. */
  readonly only?: number;
}

const VARIABLE = "CHAOS_PARAMETERS";

export function handOn(parameters: Parameters): void {
  process.env[VARIABLE] = JSON.stringify(parameters);
}

export function parameters(): Parameters {
  return JSON.parse(process.env[VARIABLE] ?? '{"seed":"1","minutes":1}') as Parameters;
}

/** The definitions of state machines, as tests walk over them. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

interface Rule {
  readonly ErrorEquals: readonly string[];
  readonly JitterStrategy?: string;
  readonly BackoffRate?: number;
  readonly Next?: string;
}

export interface State {
  readonly Type: string;
  readonly Arguments?: unknown;
  readonly TimeoutSeconds?: number;
  readonly Retry?: readonly Rule[];
  readonly Catch?: readonly Rule[];
  readonly Branches?: readonly Definition[];
  readonly Next?: string;
  readonly Default?: string;
  readonly Choices?: readonly { readonly Condition?: string; readonly Next: string }[];
  readonly ItemReader?: unknown;
  readonly ItemProcessor?: Definition & { readonly ProcessorConfig?: { readonly Mode?: string } };
  readonly MaxConcurrency?: unknown;
  readonly Error?: string;
  readonly Cause?: string;
}

export interface Definition {
  readonly Comment?: string;
  readonly StartAt: string;
  readonly TimeoutSeconds?: number;
  readonly States: Readonly<Record<string, State>>;
}

export interface Machine {
  readonly name: string;
  readonly definition: Definition;
}

const DIRECTORY = path.join(import.meta.dirname, "../../statemachines");

export async function readMachines(): Promise<Machine[]> {
  const files = (await readdir(DIRECTORY)).filter((file) => file.endsWith(".asl.json"));
  return Promise.all(
    files.map(async (file) => ({
      name: file.replace(".asl.json", ""),
      definition: JSON.parse(await readFile(path.join(DIRECTORY, file), "utf8")) as Definition,
    })),
  );
}

/** Every state, those inside Parallel and Map included. */
export function* statesOf(definition: Definition): Generator<[string, State]> {
  for (const [name, state] of Object.entries(definition.States)) {
    yield [name, state];
    for (const branch of state.Branches ?? []) yield* statesOf(branch);
    if (state.ItemProcessor !== undefined) yield* statesOf(state.ItemProcessor);
  }
}

/**
 * State machines as they lie on disk: read, and their numbers filled in.
 * @module
 */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";

/** Any state of an Amazon States Language definition, as far as permissions are concerned. */
export interface AslState {
  readonly Type: string;
  readonly Resource?: string;
  readonly Arguments?: unknown;
  readonly Parameters?: unknown;
  readonly Branches?: readonly AslDefinition[];
  readonly ItemProcessor?: AslDefinition & { readonly ProcessorConfig?: { readonly Mode?: string } };
  readonly ItemReader?: { readonly Resource?: string; readonly Arguments?: unknown; readonly Parameters?: unknown };
  readonly ResultWriter?: { readonly Resource?: string; readonly Arguments?: unknown; readonly Parameters?: unknown };
}

export interface AslDefinition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, AslState>>;
}

const SUFFIX = ".asl.json";

/** The text of each `<name>.asl.json` in a folder, by name. */
export async function readDefinitions(directory: string): Promise<Record<string, string>> {
  const files = (await readdir(directory)).filter((file) => file.endsWith(SUFFIX)).sort();
  const texts = await Promise.all(files.map((file) => readFile(path.join(directory, file), "utf8")));
  return Object.fromEntries(files.map((file, index) => [file.slice(0, -SUFFIX.length), texts[index] ?? ""]));
}

/** Replaces tokens that stand for numbers, quoted or not: a CloudFormation substitution could only put a text there. */
export function fillNumbers(text: string, numbers: Readonly<Record<string, number>>): string {
  return Object.entries(numbers).reduce(
    (filled, [token, value]) =>
      filled.replaceAll(`"\${${token}}"`, String(value)).replaceAll(`\${${token}}`, String(value)),
    text,
  );
}

/** Every state of a definition, those inside Parallel and Map included, by name. */
export function* statesOf(definition: AslDefinition): Generator<[string, AslState]> {
  for (const [name, state] of Object.entries(definition.States)) {
    yield [name, state];
    for (const branch of state.Branches ?? []) yield* statesOf(branch);
    if (state.ItemProcessor !== undefined) yield* statesOf(state.ItemProcessor);
  }
}

/**
 * The compiled pg_dump as a module that can be driven: its files, its exit, its arguments.
 *
 * The package exports one function, which fixes the arguments, reads the result as UTF-8 text and drops what pg_dump warned
 * of; the module behind it is not exported. It is caught while the package prepares it: assigning `onRuntimeInitialized`, a
 * documented hook of Emscripten, meets a setter on Object.prototype, which is why this runs in a thread that has no other
 * purpose. Should a later version of the package not assign it, nothing is caught and the dump fails by name.
 * @module
 */
import { pgDump } from "@electric-sql/pglite-tools/pg_dump";

export interface EmscriptenModule {
  readonly HEAPU8: Uint8Array;
  readonly ENV: Record<string, string>;
  readonly FS: {
    writeFile(path: string, data: string, options: { mode: number }): void;
    readFile(path: string): Uint8Array;
    analyzePath(path: string): { exists: boolean };
  };
  onRuntimeInitialized?: () => void;
  onExit?: (exitCode: number) => void;
  stderr?: (byte: number | null) => void;
  callMain(args: string[]): number;
  addFunction(callback: (pointer: number, length: number) => number, signature: string): number;
  _pgl_set_rw_cbs(read: number, write: number): void;
}

/** Ends the package's own function once we have what we want of it. */
class Done extends Error {}

/**
 * Prepares the module, lets `prepare` set hooks before its file system exists and hands it to `run` instead of starting it.
 * @param program pg_dump's name for itself, a path within the module's own file system.
 */
export async function withPgDumpModule(
  program: string,
  prepare: (module: EmscriptenModule) => void,
  run: (module: EmscriptenModule) => void,
): Promise<void> {
  let failure: unknown = new Error("the pg_dump package did not start its module");
  process.argv[1] = program;
  onceInitialized((module) => {
    prepare(module);
    module.onRuntimeInitialized = () => {
      const main = module.callMain;
      module.callMain = () => {
        try {
          module.callMain = main;
          run(module);
          failure = undefined;
        } catch (error) {
          failure = error;
        }
        throw new Done();
      };
    };
  });
  const database = { query: async () => ({ rows: [{ search_path: "" }] }), exec: async () => {} };
  try {
    await pgDump({ pg: database as unknown as Parameters<typeof pgDump>[0]["pg"] });
  } catch (error) {
    if (!(error instanceof Done)) throw error;
  }
  if (failure !== undefined) throw failure;
}

function onceInitialized(caught: (module: EmscriptenModule) => void): void {
  Object.defineProperty(Object.prototype, "onRuntimeInitialized", {
    configurable: true,
    set(this: EmscriptenModule) {
      Reflect.deleteProperty(Object.prototype, "onRuntimeInitialized");
      caught(this);
    },
  });
}

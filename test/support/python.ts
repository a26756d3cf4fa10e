import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ensurePython } from "../../infra/local/venv.ts";

const execute = promisify(execFile);

export interface PythonRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Makes the environment when there is none, which takes a while and the network once: call it in `beforeAll`. */
export async function preparePython(): Promise<void> {
  await ensurePython();
}

/** Runs a script in the environment of infra/local/requirements.txt, which is made when there is none. */
export async function runPython(script: string, args: readonly string[]): Promise<PythonRun> {
  const python = await ensurePython();
  try {
    const { stdout, stderr } = await execute(python, [script, ...args], { maxBuffer: 64 * 1024 * 1024 });
    return { exitCode: 0, stdout, stderr };
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "number") throw error;
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return { exitCode: error.code, stdout, stderr };
  }
}

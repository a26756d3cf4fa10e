/**
 * Questions at a terminal.
 * @module
 */

import { createInterface } from "node:readline/promises";
import { type Readable, Writable } from "node:stream";
import { InterruptedError } from "../errors.ts";

/** @throws InterruptedError when the person leaves instead. */
export async function ask(question: string, input: Readable, output: Writable): Promise<string> {
  const lines = createInterface({ input, output });
  try {
    return await new Promise((resolve, reject) => {
      lines.once("close", () => reject(new InterruptedError("interrupted", "the question was not answered")));
      lines.question(question).then(resolve, reject);
    });
  } finally {
    lines.close();
  }
}

/** The answer is not shown. @throws InterruptedError when the person leaves instead. */
export async function askHidden(question: string, input: Readable, output: Writable): Promise<string> {
  output.write(question);
  // readline echoes to its own output, which is nowhere; the terminal itself is in raw mode and echoes nothing.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true });
  try {
    return await new Promise((resolve, reject) => {
      lines.once("line", resolve);
      lines.once("close", () => reject(new InterruptedError("interrupted", "no connection was entered")));
    });
  } finally {
    lines.close();
    output.write("\n");
  }
}

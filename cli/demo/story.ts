/**
 * The demo, told: numbered steps, what was typed, what came of it.
 * @module
 */
import { createStyle } from "../output/style.ts";
import { formatDuration } from "../output/units.ts";

export interface Story {
  /** Begins a step and tells how long the last one took. */
  step(title: string, why: string): void;
  say(text: string): void;
  /** A command as a person would type it. */
  typed(command: string): void;
  end(): void;
}

export function createStory(out: NodeJS.WriteStream, now: () => number): Story {
  const style = createStyle(out.isTTY === true, process.env);
  const begunAt = now();
  let stepNumber = 0;
  let stepAt = begunAt;
  const write = (text: string) => out.write(`${text}\n`);
  const closeStep = () => {
    if (stepNumber > 0) write(style.faint(`   ${formatDuration(now() - stepAt)}`));
    stepAt = now();
  };
  return {
    step(title, why) {
      closeStep();
      stepNumber += 1;
      write(`\n${style.strong(`${stepNumber}. ${title}`)}  ${style.faint(why)}`);
    },
    say: (text) => write(indent(text)),
    typed: (command) => write(`   ${style.faint("$")} ${style.strong(command)}`),
    end() {
      closeStep();
      write(`\n${style.good("All as it should be")}, in ${formatDuration(now() - begunAt)}.`);
    },
  };
}

function indent(text: string): string {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `   ${line}`.trimEnd())
    .join("\n");
}

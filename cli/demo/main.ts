/**
 * `npm run demo`: a database is backed up by a schedule, lost, restored, proven identical; then a stored byte is damaged and found.
 * Ends with 0 only if all of it went as told.
 * @module
 */

import { demoFolder, stop } from "./local.ts";
import { createStory } from "./story.ts";
import { tellDemo } from "./tell.ts";

const story = createStory(process.stdout, () => performance.now());
const dir = demoFolder();
const isKept = process.argv.includes("--keep");
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort(new Error("interrupted")));
process.once("SIGTERM", () => interrupted.abort(new Error("interrupted")));

try {
  const stopped = new Promise<never>((_, reject) => {
    interrupted.signal.addEventListener("abort", () => reject(interrupted.signal.reason));
  });
  await Promise.race([tellDemo(story, dir, interrupted.signal), stopped]);
  story.end();
} catch (error) {
  process.exitCode = interrupted.signal.aborted ? 130 : 1;
  process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
}
if (isKept) {
  process.stdout.write(`
Still running, for you to look around:
  eval "$(npm run -s local:env -- --dir ${dir})"
  npx holdfast list
  npm run local:stop -- --dir ${dir}      # when you have seen enough
`);
} else {
  await stop(dir);
  process.stdout.write(`
Stopped and removed. To look around:
  npm run demo -- --keep     the same, left running at the end
  npm run local              an installation of your own to play with, then npx holdfast --help
  docs/ARCHITECTURE.md       how it works
`);
}
// An interrupted step may still wait for its child.
process.exit();

/**
 * Stand-ins with which every function and machine can be synthesized, whatever is written yet: they hold the infrastructure's own rules,
 * and `real definitions` tests hold the files on disk.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { FunctionAssets } from "../../../infra/bundle.ts";
import { functionSpecs } from "../../../infra/functions.ts";

/** One folder per function of the table, each with an empty handler. */
export function placeholderAssets(): FunctionAssets {
  const root = mkdtempSync(path.join(tmpdir(), "holdfast-assets-"));
  process.once("exit", () => rmSync(root, { recursive: true, force: true }));
  return Object.fromEntries(
    Object.keys(functionSpecs).map((name) => {
      const directory = path.join(root, name);
      mkdirSync(directory);
      writeFileSync(path.join(directory, "index.mjs"), `export const handler = async () => ({ from: "${name}" });\n`);
      return [name, directory];
    }),
  );
}

/** What a deployment puts something in the place of. */
export const token = (name: string) => `\${${name}}`;

const invoke = (functionName: string, rest: object) => ({
  Type: "Task",
  Resource: "arn:aws:states:::lambda:invoke",
  Arguments: { FunctionName: functionName, Payload: "{% $states.input %}" },
  Output: "{% $states.result.Payload %}",
  ...rest,
});

/** Every kind of state that asks something of a role: functions, workers, a distributed Map with its reader, a publication. */
export const placeholderBackup = JSON.stringify({
  QueryLanguage: "JSONata",
  StartAt: "Resolve",
  States: {
    Resolve: invoke(token("Resolve"), { Assign: { workers: "{% $states.result.Payload.workers %}" }, Next: "Both" }),
    Both: {
      Type: "Parallel",
      Branches: [
        { StartAt: "Hold", States: { Hold: invoke("{% $workers.hold %}", { End: true }) } },
        {
          StartAt: "DumpChunks",
          States: {
            DumpChunks: {
              Type: "Map",
              Label: "DumpChunks",
              MaxConcurrency: token("Concurrency"),
              ItemReader: {
                Resource: "arn:aws:states:::s3:getObject",
                ReaderConfig: { InputType: "JSON" },
                Arguments: { Bucket: token("WorkBucket"), Key: "{% 'runs/' & $states.input.runId & '/items.json' %}" },
              },
              ItemProcessor: {
                ProcessorConfig: { Mode: "DISTRIBUTED", ExecutionType: "STANDARD" },
                StartAt: "DumpChunk",
                States: { DumpChunk: invoke("{% $states.input.workers.dumpChunk %}", { End: true }) },
              },
              End: true,
            },
          },
        },
      ],
      Next: "Tell",
    },
    Tell: {
      Type: "Task",
      Resource: "arn:aws:states:::sns:publish",
      Arguments: { TopicArn: token("AlertTopic"), Message: "done" },
      End: true,
    },
  },
});

export const placeholderVerify = JSON.stringify({
  QueryLanguage: "JSONata",
  StartAt: "Judge",
  States: { Judge: invoke(token("Judge"), { End: true }) },
});

import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, it } from "vitest";
import { askHidden } from "../../../cli/output/prompt.ts";

it("shows the question and nothing of the answer", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const answer = askHidden("Connection: ", input, output);
  input.write("postgres://user:s3cret-word@host/database\r");
  expect(await answer).toBe("postgres://user:s3cret-word@host/database");
  output.end();
  expect(await text(output)).toBe("Connection: \n");
});

it("ends as interrupted when the person types Ctrl-C", async () => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const answer = askHidden("Connection: ", input, output);
  input.write("s3cret\u0003");
  await expect(answer).rejects.toMatchObject({ name: "InterruptedError" });
});

import { expect, test } from "vitest";
import { SliceJoiner } from "../../../../core/postgres/copy-out/slices.ts";

const [ONE, TWO] = ["1".padStart(32, "0"), "2".padStart(32, "0")];

function sliceOf(hashes: readonly (string | undefined)[]) {
  const joiner = new SliceJoiner();
  joiner.begin(1);
  for (const hash of hashes) joiner.addRange(10, hash);
  joiner.finish();
  return joiner.slices[0];
}

test("a slice has the hash of all its ranges, or none: of some it would be another table's", () => {
  expect(sliceOf([ONE, TWO])).toMatchObject({ rows: 20, rowHash: "3".padStart(32, "0") });
  expect(sliceOf([ONE, undefined, TWO])).toMatchObject({ rows: 30 });
  expect(sliceOf([ONE, undefined, TWO])).not.toHaveProperty("rowHash");
  expect(sliceOf([undefined])).not.toHaveProperty("rowHash");
});

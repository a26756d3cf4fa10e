/**
 * Values of sequences. They belong to no snapshot: compare them on a quiet database.
 * @module
 */
import type { PlannedSequence } from "../plan/types.ts";
import { qualifiedName } from "../sql.ts";
import type { Difference } from "./difference.ts";

export function sequenceDifferences(
  expected: readonly PlannedSequence[],
  got: readonly PlannedSequence[],
): Difference[] {
  const present = new Map(got.map((sequence) => [qualifiedName(sequence), sequence]));
  const differences = expected.flatMap((want): Difference[] => {
    const object = qualifiedName(want);
    const have = present.get(object);
    present.delete(object);
    if (have === undefined)
      return [{ kind: "sequence", object, aspect: "presence", expected: "present", got: "missing" }];
    const [wanted, found] = [written(want), written(have)];
    return wanted === found ? [] : [{ kind: "sequence", object, aspect: "value", expected: wanted, got: found }];
  });
  const unexpected = [...present.keys()].map(
    (object): Difference => ({
      kind: "sequence",
      object,
      aspect: "presence",
      expected: "absent",
      got: "present",
    }),
  );
  return [...differences, ...unexpected];
}

function written({ lastValue, isCalled }: PlannedSequence): string {
  return `${lastValue} (${isCalled ? "called" : "not called"})`;
}

/**
 * The Condition element: operators that occur in our templates and their set and IfExists forms.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
export type Condition = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
type Context = Readonly<Record<string, string | readonly string[]>>;
type Compare = (pattern: string, value: string) => boolean;

const same: Compare = (pattern, value) => pattern === value;
const like: Compare = (pattern, value) => matchesWildcards(pattern, value);
/** Each of an ARN's six parts by itself: no wildcard reaches over a colon, but in the last part. */
const likeArn: Compare = (pattern, value) => {
  const [patterns, values] = [pattern, value].map((arn) => {
    const parts = arn.split(":");
    return [...parts.slice(0, 5), parts.slice(5).join(":")];
  }) as [string[], string[]];
  return patterns.every((part, index) => matchesWildcards(part, values[index] ?? ""));
};

/** Where an operator is a negation, none of the policy's values may match. */
const operators: Readonly<Record<string, { readonly compare: Compare; readonly isNegated?: true }>> = {
  StringEquals: { compare: same },
  StringNotEquals: { compare: same, isNegated: true },
  StringLike: { compare: like },
  StringNotLike: { compare: like, isNegated: true },
  ArnEquals: { compare: likeArn },
  ArnLike: { compare: likeArn },
  ArnNotLike: { compare: likeArn, isNegated: true },
  Bool: { compare: (pattern, value) => pattern.toLowerCase() === value.toLowerCase() },
  NumericLessThan: { compare: (limit, value) => Number(value) < Number(limit) },
};

/** All operators and all their keys have to hold. @throws Error for what is not known here. */
export function conditionHolds(condition: Condition, context: Context): boolean {
  const given = new Map(Object.entries(context).map(([key, value]) => [key.toLowerCase(), [value].flat()]));
  return Object.entries(condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, expected]) => holds(operator, [expected].flat(), given.get(key.toLowerCase()))),
  );
}

function holds(written: string, expected: readonly string[], values: readonly string[] | undefined): boolean {
  if (expected.some((each) => String(each).includes("${")))
    throw new Error(`policy variables are not known: ${expected}`);
  if (written === "Null") return expected.some((each) => (String(each) === "true") === (values === undefined));
  const [, set, name = "", ifExists] = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(written) ?? [];
  const operator = operators[name];
  if (operator === undefined) throw new Error(`condition operator ${written} is not known`);
  const { compare, isNegated = false } = operator;
  if (values === undefined) return ifExists !== undefined || set === "ForAllValues" || (isNegated && set === undefined);
  const matches = (value: string) => expected.some((pattern) => compare(String(pattern), value)) !== isNegated;
  return set === "ForAllValues" ? values.every(matches) : values.some(matches);
}

/** `*` is any number of characters, `?` is one; everything else is itself. */
export function matchesWildcards(pattern: string, text: string): boolean {
  const expression = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${expression}$`, "s").test(text);
}

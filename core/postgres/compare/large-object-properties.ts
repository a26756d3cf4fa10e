/**
 * Who owns large objects, who may use them, what is said about them: nothing of that is in a schema's archive.
 * @module
 */
import type { LargeObjectMetadata } from "../ddl/index.ts";
import type { Difference } from "./difference.ts";
import type { SchemaComparison } from "./schema.ts";

/** Of each object by its oid, in words. */
type Aspect = ReadonlyMap<number, string>;

/** Owners, privileges, comments and labels, and which objects there are: one difference per aspect, naming the first object. */
export function largeObjectPropertyDifferences(
  expected: LargeObjectMetadata,
  got: LargeObjectMetadata,
  { ignoreOwners = false, ignorePrivileges = false }: SchemaComparison = {},
): Difference[] {
  // A restore without owners leaves out privileges too: they are said relative to the owner.
  const isIgnored = { owner: ignoreOwners, privileges: ignoreOwners || ignorePrivileges };
  const [want, have] = [describe(expected), describe(got)];
  return [
    ...aspectDifferences("presence", want.presence, have.presence, "missing"),
    ...(isIgnored.owner ? [] : aspectDifferences("owner", want.owner, have.owner)),
    ...(isIgnored.privileges ? [] : aspectDifferences("privileges", want.privileges, have.privileges)),
    ...aspectDifferences("comment", want.comment, have.comment, "none"),
    ...aspectDifferences("label", want.label, have.label, "none"),
  ];
}

function describe({ groups, comments, labels }: LargeObjectMetadata) {
  const [presence, owner, privileges] = [
    new Map<number, string>(),
    new Map<number, string>(),
    new Map<number, string>(),
  ];
  for (const group of groups) {
    const granted = group.grants?.map(
      ({ grantee, privilege, isGrantable }) =>
        `${privilege} to ${grantee ?? "PUBLIC"}${isGrantable ? " grantable" : ""}`,
    );
    const words = granted?.toSorted().join(", ") ?? "the owner's";
    for (const oid of group.oids) {
      presence.set(oid, "present");
      owner.set(oid, group.owner);
      privileges.set(oid, words);
    }
  }
  const label = new Map<number, string>();
  for (const { oid, provider, label: text } of labels) {
    label.set(oid, [label.get(oid), `${provider}: ${text}`].filter((part) => part !== undefined).join(", "));
  }
  return { presence, owner, privileges, comment: new Map(comments.map(({ oid, comment }) => [oid, comment])), label };
}

/** @param absent what an object without the aspect is said to have; without it such objects are left to other aspects */
function aspectDifferences(aspect: string, want: Aspect, have: Aspect, absent?: string): Difference[] {
  const oids = [...new Set([...want.keys(), ...have.keys()])].toSorted((a, b) => a - b);
  const differing = oids.filter((oid) => {
    const isComparable = absent !== undefined || (want.has(oid) && have.has(oid));
    return isComparable && want.get(oid) !== have.get(oid);
  });
  const [first, ...more] = differing;
  if (first === undefined) return [];
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  const [expected, got] = [want.get(first) ?? absent ?? "", have.get(first) ?? absent ?? ""];
  return [{ kind: "large-objects", object: `${first}${others}`, aspect, expected, got }];
}

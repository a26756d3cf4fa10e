/**
 * Owners, privileges and comments of large objects, and the empty ones, which have no bytes to be loaded.
 * @module
 */
import { type LargeObjectMetadata, largeObjectStatements } from "../ddl/index.ts";
import { inOwnName, type Step } from "./steps.ts";

export function largeObjectSteps(
  metadata: LargeObjectMetadata,
  options: { readonly noOwner: boolean; readonly noPrivileges: boolean },
): Step[] {
  const own = [...largeObjectStatements(metadata, { ...options, inOwnName: true })];
  return [...largeObjectStatements(metadata, options)].map((text, index) => ({
    name: `large-objects/${index + 1}`,
    what: `large objects, part ${index + 1}`,
    statements: [text],
    ...(own[index] !== text && { fallbacks: [inOwnName([own[index] ?? ""])] }),
  }));
}

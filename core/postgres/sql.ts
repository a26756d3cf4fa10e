/** Quoting, in the one place where text becomes part of a statement. @module */

/** `a"b` → `"a""b"`: always quoted, so that no keyword list is needed. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `"schema"."name"`: works under the empty search path of every session. */
export function qualifiedName(relation: { readonly schema: string; readonly name: string }): string {
  return `${quoteName(relation.schema)}.${quoteName(relation.name)}`;
}

/** `it's` → `'it''s'`; right only with standard_conforming_strings on, which every session pins. */
export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Lists of at most `size`, in order. */
export function batches<Item>(items: readonly Item[], size: number): Item[][] {
  const count = Math.ceil(items.length / size);
  return Array.from({ length: count }, (_, index) => items.slice(index * size, (index + 1) * size));
}

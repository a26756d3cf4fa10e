/** A function's folder name in the spellings of state machines and CloudFormation. @module */

/** `dump-chunk` → `DumpChunk` */
export function pascalCase(name: string): string {
  return name
    .split("-")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}

/** `dump-chunk` → `dumpChunk` */
export function camelCase(name: string): string {
  const pascal = pascalCase(name);
  return pascal.charAt(0).toLowerCase() + pascal.slice(1);
}

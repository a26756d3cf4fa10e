/** Small questions to the file system. @module */
import { access } from "node:fs/promises";

export function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/**
 * Where audit records are written: below `v1/audit/` of the vault, whose bucket refuses overwriting and deleting to everybody.
 * @module
 */
import type { Store } from "../vault/store/port.ts";
import { type AuditRecord, auditKey } from "./record.ts";

export interface AuditLog {
  /** Once, however often it is called with the same fact; the first record counts. @throws as the store */
  write(record: AuditRecord): Promise<void>;
}

export function auditLog(store: Pick<Store, "putIfAbsent">): AuditLog {
  return {
    write: async (record) => {
      await store.putIfAbsent(auditKey(record), Buffer.from(`${JSON.stringify(record, null, 2)}\n`));
    },
  };
}

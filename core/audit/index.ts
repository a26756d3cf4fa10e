/** Audit records: made from runs, written once, listed by day. @module */
export { type AuditEntry, type AuditRange, listAudit } from "./list.ts";
export { type AuditLog, auditLog } from "./log.ts";
export { type AuditRecord, auditKey, endOfRun, startOfRun } from "./record.ts";

/**
 * Whether two databases, or a database and a restore point, hold the same.
 * @module
 */
export { type CompareReport, type Difference, describeDifference } from "./difference.ts";
export { largeObjectPropertyDifferences } from "./large-object-properties.ts";
export { largeObjectDifferences, type MeasuredLargeObjects, measureLargeObjects } from "./large-objects.ts";
export { dumpLiveSchema, type SchemaComparison, schemaDifferences } from "./schema.ts";
export { sequenceDifferences } from "./sequences.ts";
export {
  type ComparedTable,
  type MeasuredRows,
  type MeasureOptions,
  measureTable,
  rowDifferences,
  sumRows,
} from "./tables.ts";

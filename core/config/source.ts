/**
 * One PostgreSQL database to be backed up.
 * @module
 */
import { z } from "zod";
import { schemaPatternsField, tablePatternsField } from "../parts/pattern.ts";
import { connectionField, fields, iamField, idField, oneOf, titleField, wholeNumber } from "./fields.ts";
import { schedulesField } from "./schedule.ts";
import { KIBIBYTE, MEBIBYTE, MINUTE_SECONDS } from "./units.ts";

/** zstd by default: at level 3 PostgreSQL, not compression, is the limit (270–320 MB/s per connection); gzip for readers that have nothing else. */
export const compressionField = z
  .discriminatedUnion(
    "codec",
    [
      fields({ codec: z.literal("zstd"), level: wholeNumber(1, 19).default(3) }),
      fields({ codec: z.literal("gzip"), level: wholeNumber(1, 9).default(6) }),
      fields({ codec: z.literal("none") }),
    ],
    { error: "allowed is an object whose codec is zstd, gzip or none" },
  )
  .default({ codec: "zstd", level: 3 });

const partsField = fields({
  schemas: schemaPatternsField.default([]),
  tables: tablePatternsField.default([]),
}).prefault({});

/** A function lives 15 minutes; what a holder needs to hand over and to end must fit beneath. */
const LONGEST_HOLD_SECONDS = 14 * MINUTE_SECONDS;

export const sourceSchema = fields({
  kind: oneOf(["postgres"]),
  title: titleField.optional(),
  /** The secret `holdfast/<installation>/<connection>`. */
  connection: connectionField,
  /** Absent: the connection's secret has a password. */
  iam: iamField(),
  /** Absent: a public endpoint, reached without a VPC. */
  network: idField.optional(),
  /** Absent: the database the connection names. */
  database: titleField.optional(),
  /** Only these schemas and tables, both empty: everything; types and functions always come along. */
  include: partsField,
  /** All but these. */
  exclude: partsField,
  /** Definitions alone of these: logs that nobody wants back. */
  excludeData: fields({ tables: tablePatternsField.default([]) }).prefault({}),
  schedules: schedulesField,
  retention: fields({ days: wholeNumber(1, 36_500) }).default({ days: 30 }),
  compression: compressionField,
  /** Connections that copy at once. Four keep a 2-vCPU server responsive; the snapshot holders and the planner come on top. */
  concurrency: wholeNumber(1, 64).default(4),
  /** Text per chunk; a target, for one page can hold 64 MB of TOASTed text. At 256 MiB one retry costs about a second of reading. */
  chunkBytes: wholeNumber(64 * KIBIBYTE, 4096 * MEBIBYTE).default(256 * MEBIBYTE),
  /** How long one function holds the exported snapshot before its successor has to have it. */
  holdSeconds: wholeNumber(10, LONGEST_HOLD_SECONDS).default(12 * MINUTE_SECONDS),
  /** How long before the end of a hold the successor begins: enough for a cold start, a connection and the locks. */
  relayLeadSeconds: wholeNumber(2, 5 * MINUTE_SECONDS).default(MINUTE_SECONDS),
  /** How long a chunk waits for its ACCESS SHARE lock before every session lets go and the migration in the way runs. */
  lockWaitSeconds: wholeNumber(1, 10 * MINUTE_SECONDS).default(MINUTE_SECONDS),
  /** A second scan of every table on the source; `drill` leaves it to the restored copy. */
  rowHash: oneOf(["off", "drill", "always"]).default("drill"),
  /** How much of a new restore point is read back before it counts as green. */
  verify: oneOf(["quick", "full"]).default("quick"),
});

export type SourceConfig = z.output<typeof sourceSchema>;
export type Compression = SourceConfig["compression"];

/**
 * When a source is backed up: EventBridge Scheduler's own expressions, checked before a deployment would refuse them.
 * @module
 */
import { z } from "zod";
import { fields, matching, yesOrNo } from "./fields.ts";

/** Scheduler limits a schedule's name to 64; it is `<source>.<schedule>`. */
export const SCHEDULE_ID_PATTERN = /^[a-z][a-z0-9-]{0,30}$/;

const RATE = /^rate\((?:1 (?:minute|hour|day)|(?:[2-9]|[1-9]\d+) (?:minutes|hours|days))\)$/;
/** Six fields: minutes, hours, day of month, month, day of week, year. */
const CRON = /^cron\((?:[0-9A-Za-z*?,/#-]+ ){5}[0-9A-Za-z*?,/#-]+\)$/;
const AT = /^at\(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\)$/;

const expressionField = z
  .string({ error: "allowed is cron(…), rate(…) or at(…)" })
  .refine((text) => RATE.test(text) || AT.test(text) || (CRON.test(text) && hasOneFreeDay(text)), {
    error:
      "allowed is cron(minutes hours day-of-month month day-of-week year) with ? in one of the two day fields, rate(1 hour), rate(2 hours), or at(yyyy-mm-ddThh:mm:ss)",
  });

/** AWS refuses a cron expression that gives both days or neither. */
function hasOneFreeDay(expression: string): boolean {
  const [, , dayOfMonth, , dayOfWeek] = expression.slice("cron(".length, -1).split(" ");
  return (dayOfMonth === "?") !== (dayOfWeek === "?");
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

export const scheduleSchema = fields({
  expression: expressionField,
  /** UTC has no hour that happens twice or never. */
  timeZone: z
    .string({ error: "allowed is an IANA time zone such as Europe/Berlin" })
    .refine(isTimeZone, { error: "allowed is an IANA time zone such as Europe/Berlin" })
    .default("UTC"),
  enabled: yesOrNo().default(true),
});

export const schedulesField = z
  .record(matching(SCHEDULE_ID_PATTERN, `an id like ${SCHEDULE_ID_PATTERN.source}`), scheduleSchema, {
    error: "allowed is an object keyed by id",
  })
  .default({});

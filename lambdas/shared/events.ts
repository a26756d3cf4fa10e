/**
 * Shapes of events, checked at the edge.
 * @module
 */
import { z } from "zod";
import { ConfigurationError } from "../../core/errors.ts";
import { NAME_PATTERN, RUN_ID_PATTERN } from "../../core/ids.ts";
import { describeIssues } from "../../core/runs/options.ts";

export const runIdField = z.string().regex(RUN_ID_PATTERN);
export const nameField = z.string().regex(NAME_PATTERN);
export const countField = z.number().int().min(0);

/** A function that parses by the schema. @throws ConfigurationError `invalid-event` naming the fields. */
export function parserOf<Output extends object>(schema: z.ZodType<Output>): (input: unknown) => Output {
  return (input) => {
    const result = schema.safeParse(input);
    if (result.success) return result.data;
    throw new ConfigurationError("invalid-event", describeIssues(result.error, "event"), {
      hint: "A state machine is started with { source, reason?, author?, scheduledAt?, options? }; the other events are its own.",
    });
  };
}

/** What most states hand to their function. */
export const runEvent = z.object({ runId: runIdField });
/** A run's beginning: what belongs to an earlier one is void. */
export const epochEvent = z.object({ runId: runIdField, epoch: countField });
/** One chunk, or one place in a chain. */
export const chunkEvent = z.object({ runId: runIdField, epoch: countField, n: countField });

export type RunEvent = z.output<typeof runEvent>;
export type EpochEvent = z.output<typeof epochEvent>;
export type ChunkEvent = z.output<typeof chunkEvent>;

export const kindField = z.enum(["backup", "verify", "restore", "compare", "rebuild"]);

/** `$states.context.Execution`, as the state machines hand it on. */
export const executionField = z.object({ arn: z.string(), name: z.string(), startedAt: z.string() });

export const findingField = z.object({ where: z.string(), code: z.string(), message: z.string() });

/** As a Catch has it: `{% $states.errorOutput %}`; AWS promises no cause. */
export const failureField = z.object({
  Error: z.string(),
  Cause: z
    .string()
    .nullish()
    .transform((cause) => cause ?? undefined),
});

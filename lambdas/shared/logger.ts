/**
 * One structured logger per container; the service's name and the level come from the environment the stack sets.
 * @module
 */
import { Logger } from "@aws-lambda-powertools/logger";
import { redact } from "./redact.ts";

export const logger = new Logger({ jsonReplacerFn: redact });

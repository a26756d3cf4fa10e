/** One structured logger per container; the service's name comes from the environment the stack sets. @module */
import { Logger } from "@aws-lambda-powertools/logger";

export const logger = new Logger();

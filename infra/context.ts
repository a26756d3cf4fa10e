/** Names of values by which a synthesis is told what to do otherwise. @module */

/** Set to `off`, cdk-nag does not run. */
export const CHECKS_CONTEXT = "holdfast:checks";

/** Names of values by which a synthesis is told what to do otherwise. @module */

/** Set to `off`, cdk-nag does not run. */
export const CHECKS_CONTEXT = "holdfast:checks";

/** Set to `local`, functions run beside a local AWS, whose certificate their processes are given already. */
export const RUNTIME_CONTEXT = "holdfast:runtime";

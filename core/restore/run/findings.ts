/** Findings that programs look for. @module */

/** The code of the finding whose message is the id of the list of what is in a target that is not empty. */
export const LIST_FINDING = "target-list";

/** Units of which durations and sizes are built. @module */
export const KIBIBYTE = 1024;
export const MEBIBYTE = 1024 * KIBIBYTE;
export const MINUTE_SECONDS = 60;

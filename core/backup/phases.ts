/** The phases of a backup; holders and workers live while the run is in `dumping`. @module */
export const phase = {
  preparing: "preparing",
  dumping: "dumping",
  /** Something has failed: everybody lets go, so that Judge can say what. */
  lettingGo: "letting-go",
  committing: "committing",
  verifying: "verifying",
} as const;

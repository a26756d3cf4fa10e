import type { Provider } from "./types.ts";

/** Neon. Roles made in its console are members of neon_superuser. */
export const neon: Provider = {
  id: "neon",
  name: "Neon",
  told: { roles: ["neon_superuser"] },
  roles: ["^(cloud_admin|neon_service|neon_superuser)$"],
  schemas: ["neon", "neon_migration"],
  publications: [],
  eventTriggers: [],
  administrators: ["neon_superuser"],
  abilities: ["event trigger", "extension", "publication of everything", "subscription"],
  // What it was granted the server tells itself, from version 15 on.
  settings: [],
  sources: [
    "https://neon.com/docs/manage/roles (the role neon_superuser)",
    "https://github.com/neondatabase/neon compute_tools/src/migrations, compute_tools/src/sql/create_neon_superuser.sql",
    "https://github.com/neondatabase/neon test_runner/regress/test_neon_superuser.py, test_runner/sql_regress/sql/neon-event-triggers.sql",
  ],
};

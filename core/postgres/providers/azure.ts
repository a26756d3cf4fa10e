import type { Provider } from "./types.ts";

/** Azure Database for PostgreSQL. Its administrators are members of azure_pg_admin; extensions are allowed one by one. */
export const azure: Provider = {
  id: "azure",
  name: "Azure Database for PostgreSQL",
  told: { roles: ["azuresu", "azure_pg_admin"] },
  roles: ["^(azuresu|azure_pg_admin|azure_superuser)$"],
  schemas: [],
  publications: [],
  eventTriggers: [],
  administrators: ["azure_pg_admin"],
  abilities: ["extension"],
  settings: [],
  sources: [
    "https://learn.microsoft.com/azure/postgresql/flexible-server/security-manage-database-users (its roles)",
    "https://learn.microsoft.com/azure/postgresql/extensions/how-to-allow-extensions",
  ],
};

import type { Provider } from "./types.ts";

/** Google Cloud SQL for PostgreSQL. Users made in its console are members of cloudsqlsuperuser. */
export const cloudSql: Provider = {
  id: "cloud-sql",
  name: "Google Cloud SQL",
  told: { roles: ["cloudsqladmin", "cloudsqlsuperuser"] },
  roles: [
    "^cloudsql(admin|agent|iamgroup|iamgroupuser|iamserviceaccount|iamuser|importexport|inactiveuser|replica|superuser)$",
    "^cloudsqlobservability(admin|agent)?$",
  ],
  schemas: [],
  publications: [],
  eventTriggers: [],
  administrators: ["cloudsqlsuperuser"],
  abilities: ["cast", "event trigger", "extension", "subscription"],
  settings: [],
  sources: ["https://cloud.google.com/sql/docs/postgres/users (superuser restrictions and privileges, system roles)"],
};

import type { Provider } from "./types.ts";

/** Amazon RDS for PostgreSQL. Its administrator, `postgres` unless named otherwise, is a member of rds_superuser. */
export const rds: Provider = {
  id: "rds",
  name: "Amazon RDS",
  told: { roles: ["rdsadmin", "rds_superuser"] },
  roles: [
    "^rds(admin|repladmin|proxyadmin|topmgr|writeforwarduser)$",
    "^rds_(ad|extension|iam|password|replication|reserved|superuser)$",
  ],
  schemas: [],
  publications: [],
  eventTriggers: [],
  administrators: ["rds_superuser"],
  // Its manual says nothing of FOR ALL TABLES: left to be refused, since a refusal before is better than one at the end.
  abilities: ["event trigger", "extension", "subscription"],
  settings: ["session_replication_role"],
  sources: [
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Roles.rds_superuser.html",
    "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.FeatureSupport.EventTriggers.html",
    "https://xata.io/documentation/opensource/pgstream/docs/aws (its roles; who may set session_replication_role)",
  ],
};

import { rds } from "./rds.ts";
import type { Provider } from "./types.ts";

/** Amazon Aurora PostgreSQL: RDS's roles and rights on a server of its own. */
export const aurora: Provider = {
  ...rds,
  id: "aurora",
  name: "Amazon Aurora",
  told: { ...rds.told, functions: ["aurora_version"] },
  sources: [
    ...rds.sources,
    "https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraPostgreSQL.Updates.html (aurora_version)",
  ],
};

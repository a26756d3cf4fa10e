/** What a role without superuser can make on a server, judged from pg_dump's entries alone. @module */
export { settingDenied } from "./settings.ts";
export { superuserOnly } from "./superuser-only.ts";

/** `npm run permissions`: writes docs/PERMISSIONS.md from the templates, for a reviewer to see what has changed. */
import { writeFileSync } from "node:fs";
import { PAGE, renderPage, representativePolicies } from "./page.ts";

writeFileSync(PAGE, renderPage(await representativePolicies()));

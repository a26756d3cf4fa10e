/** `npm run licences`. @module */
import { writeFileSync } from "node:fs";
import { LICENCES_PAGE, productionDependencies, renderLicences } from "./licences.ts";

writeFileSync(LICENCES_PAGE, renderLicences(productionDependencies()));

/** The CDK app: `npm run synth`, `npx cdk deploy`. @module */
import path from "node:path";
import { App } from "aws-cdk-lib";
import { readDefinitions } from "./asl/definition.ts";
import { buildApp } from "./build.ts";
import { bundle, REPOSITORY } from "./bundle.ts";
import { loadConfig } from "./config-file.ts";

const app = new App();
const config = await loadConfig();
const assets = await bundle(config, path.join(app.outdir, "functions"));
const definitions = await readDefinitions(path.join(REPOSITORY, "statemachines"));
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
buildApp(app, { config, assets, definitions, env: { ...(account && { account }), ...(region && { region }) } });
app.synth();

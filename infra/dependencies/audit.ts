/** `npm run audit`: fails on known vulnerabilities of high or critical severity; says so plainly when nobody could be asked. @module */
import { spawnSync } from "node:child_process";
import { REPOSITORY } from "../bundle.ts";
import { judge } from "./vulnerabilities.ts";

/** One attempt: a build without a network should not wait for one. */
const PATIENCE_SECONDS = 15;

const { stdout } = spawnSync(
  "npm",
  ["audit", "--omit=dev", "--json", "--fetch-retries=0", `--fetch-timeout=${PATIENCE_SECONDS * 1000}`],
  { cwd: REPOSITORY, encoding: "utf8", timeout: 2 * PATIENCE_SECONDS * 1000 },
);
const verdict = judge(stdout ?? "");
if (verdict.kind === "clean") process.stdout.write("npm audit: no known vulnerability of high or critical severity\n");
if (verdict.kind === "not-asked")
  process.stdout.write(`npm audit: NOT ASKED, the registry's audit is not reachable: ${verdict.why}\n`);
if (verdict.kind === "vulnerable") {
  process.stderr.write(`npm audit: known vulnerabilities in ${verdict.packages.join(", ")}\n`);
  process.exitCode = 1;
}

/**
 * What Holdfast is delivered with, and under which licences: read from the lockfile, so that it needs neither network nor `node_modules`.
 * @module
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { REPOSITORY } from "../bundle.ts";

export const LICENCES_PAGE = path.join(REPOSITORY, "docs", "LICENCES.md");

/** Licences that ask for no more than to be named: of what runs in functions and in the command. */
export const ALLOWED: ReadonlySet<string> = new Set([
  "0BSD",
  "Apache-2.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "ISC",
  "MIT",
  "MIT-0",
]);

export interface Dependency {
  readonly name: string;
  readonly version: string;
  /** SPDX expression; `unknown` where the package names none. */
  readonly licence: string;
}

interface Lockfile {
  readonly packages: Readonly<
    Record<
      string,
      {
        readonly version?: string;
        readonly license?: string;
        readonly dev?: boolean;
        readonly devOptional?: boolean;
        /** A folder of this repository: no package of others, and its own entry says what it is for. */
        readonly link?: boolean;
      }
    >
  >;
}

/** All packages, also those that others bring along, that are installed without development. By name. */
export function productionDependencies(lockfile = path.join(REPOSITORY, "package-lock.json")): Dependency[] {
  const { packages } = JSON.parse(readFileSync(lockfile, "utf8")) as Lockfile;
  const found = Object.entries(packages)
    .filter(([place, { dev, devOptional, link }]) => place !== "" && !dev && !devOptional && !link)
    .map(([place, { version = "", license = "unknown" }]) => ({
      name: place.slice(place.lastIndexOf("node_modules/") + "node_modules/".length),
      version,
      licence: license,
    }));
  const keyOf = ({ name, version }: Dependency) => `${name}@${version}`;
  const once = new Map(found.map((dependency) => [keyOf(dependency), dependency]));
  return [...once.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

export function renderLicences(dependencies: readonly Dependency[]): string {
  return [
    "# Licences",
    "",
    "The packages that run in Holdfast's functions and in the command, with what they bring along. Written by `npm run licences` from the lockfile;",
    "a test holds this page and the set of licences allowed (`infra/dependencies/licences.ts`). `npm run sbom` writes the same as CycloneDX.",
    "",
    "`@electric-sql/pglite-tools` carries pg_dump, compiled to WebAssembly, which is under the PostgreSQL Licence.",
    "",
    "| package | version | licence |",
    "|---|---|---|",
    ...dependencies.map(({ name, version, licence }) => `| ${name} | ${version} | ${licence} |`),
    "",
  ].join("\n");
}

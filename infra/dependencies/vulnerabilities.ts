/**
 * What `npm audit` found in the packages that Holdfast is delivered with.
 * @module
 */

export type Verdict =
  | { readonly kind: "clean" }
  /** Known vulnerabilities of high or critical severity: nothing is built on them. */
  | { readonly kind: "vulnerable"; readonly packages: readonly string[] }
  /** Nobody was there to ask: says nothing about the packages. */
  | { readonly kind: "not-asked"; readonly why: string };

interface Report {
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range?: string }>>;
  readonly message?: string;
  readonly error?: { readonly summary?: string; readonly code?: string };
}

const GRAVE: ReadonlySet<string> = new Set(["high", "critical"]);

/** @param output of `npm audit --json`, which is JSON also where the registry has no such service. */
export function judge(output: string): Verdict {
  const report = parse(output);
  if (report?.vulnerabilities === undefined) {
    const why = report?.message || report?.error?.summary || report?.error?.code || "npm audit gave no report";
    return { kind: "not-asked", why };
  }
  const packages = Object.entries(report.vulnerabilities)
    .filter(([, { severity }]) => GRAVE.has(severity))
    .map(([name, { severity, range }]) => `${name}${range === undefined ? "" : ` ${range}`} (${severity})`);
  return packages.length === 0 ? { kind: "clean" } : { kind: "vulnerable", packages };
}

function parse(text: string): Report | undefined {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return undefined;
  }
}

/** Asks what somebody with a role's credentials may do, against the templates' own policies. */
import { decide, type Statement } from "./evaluate.ts";
import type { Resolved, ResolvedRole } from "./resolved.ts";

export interface Attempt {
  readonly action: string;
  readonly resource: string;
  /** What the request says of itself; a thief chooses it. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

const TLS = { "aws:SecureTransport": "true", "s3:TlsVersion": "1.3" };

export function mayDo(
  { statements, arn }: Pick<ResolvedRole, "statements" | "arn">,
  { action, resource, context }: Attempt,
  { resourcePolicies }: Pick<Resolved, "resourcePolicies">,
): boolean {
  const request = { principal: { role: arn }, action, resource, context: { ...TLS, ...context } };
  const ofResource = policyOf(resource, resourcePolicies);
  return (
    decide(request, { identity: statements, ...(ofResource === undefined ? {} : { resource: ofResource }) }) ===
    "allowed"
  );
}

/** A bucket's policy is that of its objects too; keys and tables are called by what follows the slash. */
function policyOf(
  resource: string,
  policies: ReadonlyMap<string, readonly Statement[]>,
): readonly Statement[] | undefined {
  const [, , service, , , ...rest] = resource.split(":");
  const name = rest.join(":");
  return policies.get(service === "s3" ? (name.split("/")[0] ?? "") : (name.split("/")[1] ?? name));
}

/** What a role of an administrator would look like: everything that is asked here has to be possible for it, or asks nothing. */
export const administrator: Pick<ResolvedRole, "statements" | "arn"> = {
  arn: "arn:aws:iam::111122223333:role/Administrator",
  statements: [{ Effect: "Allow", Action: "*", Resource: "*" }],
};

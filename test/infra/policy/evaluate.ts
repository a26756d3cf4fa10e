/**
 * What IAM answers to a request, for policies as documents: enough of the documented logic to hold templates to it, and not more. What
 * is not known here (an operator, a policy variable) throws rather than guesses.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import { type Condition, conditionHolds, matchesWildcards } from "./conditions.ts";

export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Principal?: "*" | Readonly<Record<string, string | readonly string[]>>;
  readonly Action?: string | readonly string[];
  readonly NotAction?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly NotResource?: string | readonly string[];
  readonly Condition?: Condition;
}

/** Who asks: a role of the account, or a service on its own behalf. */
export type Principal = { readonly role: string } | { readonly service: string };

export interface Request {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  /** Condition keys that the request carries, in any case; an absent key is absent in the request too. */
  readonly context?: Readonly<Record<string, string | readonly string[]>>;
}

export interface Policies {
  /** Of the role. */
  readonly identity: readonly Statement[];
  /** Of the resource that is asked for; absent: it has none. */
  readonly resource?: readonly Statement[];
}

export type Decision = "allowed" | "not allowed" | "denied";

/**
 * Within one account: an explicit Deny anywhere wins; then an Allow of either policy is enough, except for KMS, where the key's policy
 * has to admit the role itself or, by naming the account, leave it to the role's policy.
 */
export function decide(request: Request, { identity, resource = [] }: Policies): Decision {
  const applicable = (statements: readonly Statement[]) => statements.filter((each) => applies(each, request));
  const ofIdentity = "role" in request.principal ? applicable(identity) : [];
  const ofResource = applicable(resource).filter((each) => names(each, request.principal));
  if ([...ofIdentity, ...ofResource].some(({ Effect }) => Effect === "Deny")) return "denied";
  const isAllowedByIdentity = ofIdentity.some(({ Effect }) => Effect === "Allow");
  const allowing = ofResource.filter(({ Effect }) => Effect === "Allow");
  if (allowing.some((each) => namesDirectly(each, request.principal))) return "allowed";
  const needsResource = request.action.toLowerCase().startsWith("kms:");
  return isAllowedByIdentity && (!needsResource || allowing.length > 0) ? "allowed" : "not allowed";
}

function applies(statement: Statement, { action, resource, context = {} }: Request): boolean {
  const { Action, NotAction, Resource, NotResource, Condition } = statement;
  const isAction = (patterns: string | readonly string[]) =>
    [patterns].flat().some((pattern) => matchesWildcards(pattern.toLowerCase(), action.toLowerCase()));
  const isResource = (patterns: string | readonly string[]) =>
    [patterns].flat().some((pattern) => matchesWildcards(pattern, resource));
  if (Action === undefined ? NotAction === undefined || isAction(NotAction) : !isAction(Action)) return false;
  // A policy of a resource may leave it out: it means that resource.
  if (Resource !== undefined && !isResource(Resource)) return false;
  if (NotResource !== undefined && isResource(NotResource)) return false;
  return Condition === undefined || conditionHolds(Condition, context);
}

/** Whether a resource policy's statement is about this principal; one that names the account is about all its roles. */
function names(statement: Statement, principal: Principal): boolean {
  return namesDirectly(statement, principal) || namesAccount(statement, principal);
}

function namesDirectly({ Principal: named }: Statement, principal: Principal): boolean {
  if (named === undefined) throw new Error("a statement of a resource's policy names no principal");
  if (named === "*" || [named.AWS ?? []].flat().includes("*")) return true;
  if ("service" in principal) return [named.Service ?? []].flat().includes(principal.service);
  return [named.AWS ?? []].flat().includes(principal.role);
}

function namesAccount({ Principal: named }: Statement, principal: Principal): boolean {
  if (named === undefined || named === "*" || "service" in principal) return false;
  const account = principal.role.split(":")[4];
  return [named.AWS ?? []].flat().some((arn) => arn === account || arn === `arn:aws:iam::${account}:root`);
}

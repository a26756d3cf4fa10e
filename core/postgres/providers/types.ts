/** What a rule about a provider says, and where it is from. @module */

/** What PostgreSQL keeps to superusers and a provider gives to its administrators. */
export type Ability =
  | "cast"
  | "event trigger"
  | "extension"
  | "foreign-data wrapper"
  | "publication of everything"
  | "subscription";

export type ProviderId = "aurora" | "azure" | "cloud-sql" | "neon" | "rds" | "supabase";

export interface Provider {
  readonly id: ProviderId;
  /** As people call it. */
  readonly name: string;
  /** What its servers have and others have not: all of the roles, all of the functions. */
  readonly told: { readonly roles: readonly string[]; readonly functions?: readonly string[] };
  /** Regular expressions over names of its own roles; what they own is the platform's, whatever it is called. */
  readonly roles: readonly string[];
  /** Schemas that its platform makes in every database, or its extensions do, whoever owns them. */
  readonly schemas: readonly string[];
  readonly publications: readonly string[];
  readonly eventTriggers: readonly string[];
  /** Who is one of them, or a member of one, is an administrator. */
  readonly administrators: readonly string[];
  readonly abilities: readonly Ability[];
  /** Settings of superusers that its administrators may give all the same; `name.*` is all below a name. */
  readonly settings: readonly string[];
  /** Pages and sources of the provider's that the above was read from, in 2026-11. */
  readonly sources: readonly string[];
}

/**
 * Which networks need which workers, and which secrets those may read.
 * @module
 */
import { type HoldfastConfig, PUBLIC_NETWORK, secretPrefix } from "../../core/config/index.ts";

export interface WorkerSet {
  readonly network: string;
  /** Absent: outside any VPC. */
  readonly vpc?: { readonly subnetIds: string[]; readonly securityGroupIds: string[] };
  /** Ids of this network's sources and targets. */
  readonly sources: readonly string[];
  readonly targets: readonly string[];
  /** Names of the secrets of this network's sources and targets. */
  readonly secrets: { readonly sources: readonly string[]; readonly targets: readonly string[] };
  /** Users of RDS that they may log in as by token, `<resource id>/<user>`. */
  readonly databaseUsers: { readonly sources: readonly string[]; readonly targets: readonly string[] };
}

/** One set per network that a source or a target is in; `public` for those in none. */
export function workerSets(config: HoldfastConfig): WorkerSet[] {
  const prefix = secretPrefix(config.installation);
  const members = (group: "sources" | "targets", network: string) =>
    Object.entries(config[group]).filter(([, member]) => (member.network ?? PUBLIC_NETWORK) === network);
  const ids = (group: "sources" | "targets", network: string) => members(group, network).map(([id]) => id);
  const secretsOf = (group: "sources" | "targets", network: string) =>
    distinct(members(group, network).map(([, { connection }]) => `${prefix}${connection}`));
  const usersOf = (group: "sources" | "targets", network: string) =>
    distinct(members(group, network).flatMap(([, { iam }]) => (iam ? [`${iam.resourceId}/${iam.user}`] : [])));
  const all = [...Object.values(config.sources), ...Object.values(config.targets)];
  const networks = [...new Set(all.map(({ network }) => network ?? PUBLIC_NETWORK))].sort();
  return networks.map((network) => {
    const set = {
      network,
      sources: ids("sources", network),
      targets: ids("targets", network),
      secrets: { sources: secretsOf("sources", network), targets: secretsOf("targets", network) },
      databaseUsers: { sources: usersOf("sources", network), targets: usersOf("targets", network) },
    };
    const { subnetIds, securityGroupIds } = config.networks[network] ?? {};
    return subnetIds && securityGroupIds ? { ...set, vpc: { subnetIds, securityGroupIds } } : set;
  });
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

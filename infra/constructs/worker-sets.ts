/**
 * Which networks need which workers, and which secrets those may read.
 * @module
 */
import { type HoldfastConfig, PUBLIC_NETWORK, secretPrefix } from "../../core/config/index.ts";

export interface WorkerSet {
  readonly network: string;
  /** Absent: outside any VPC. */
  readonly vpc?: { readonly subnetIds: string[]; readonly securityGroupIds: string[] };
  /** Names of the secrets of this network's sources and targets. */
  readonly secrets: { readonly sources: readonly string[]; readonly targets: readonly string[] };
}

/** One set per network that a source or a target is in; `public` for those in none. */
export function workerSets(config: HoldfastConfig): WorkerSet[] {
  const prefix = secretPrefix(config.installation);
  const members = (group: "sources" | "targets", network: string) => {
    const inNetwork = Object.values(config[group]).filter((member) => (member.network ?? PUBLIC_NETWORK) === network);
    return [...new Set(inNetwork.map(({ connection }) => `${prefix}${connection}`))].sort();
  };
  const all = [...Object.values(config.sources), ...Object.values(config.targets)];
  const networks = [...new Set(all.map(({ network }) => network ?? PUBLIC_NETWORK))].sort();
  return networks.map((network) => {
    const secrets = { sources: members("sources", network), targets: members("targets", network) };
    const { subnetIds, securityGroupIds } = config.networks[network] ?? {};
    return subnetIds && securityGroupIds
      ? { network, secrets, vpc: { subnetIds, securityGroupIds } }
      : { network, secrets };
  });
}

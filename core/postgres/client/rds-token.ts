/** Tokens that RDS and Aurora take in place of a password, signed with the process's own AWS credentials. @module */
import { Signer } from "@aws-sdk/rds-signer";
import type { MintToken } from "../connection.ts";

/** Signs locally, asking nobody but where the credentials come from; the token is valid for 15 minutes. */
export const mintRdsToken: MintToken = ({ host, port, user, region }) =>
  new Signer({ hostname: host, port, username: user, ...(region !== undefined && { region }) }).getAuthToken();

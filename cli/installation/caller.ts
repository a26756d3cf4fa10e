/** Who runs the command, as AWS knows them. @module */
import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";

/** As the input of a run admits it. */
const LONGEST_AUTHOR = 256;

/**
 * The ARN of the caller's user or session, which anybody may ask for. Undefined where AWS's token service cannot be reached: a backup is
 * not kept waiting for a name that CloudTrail has anyway.
 */
export async function callerArn(): Promise<string | undefined> {
  try {
    const { Arn } = await new STSClient({}).send(new GetCallerIdentityCommand({}));
    return Arn?.slice(0, LONGEST_AUTHOR);
  } catch {
    return undefined;
  }
}

/**
 * A deployed installation, found and ready to be asked.
 * @module
 */
import { logGroupName } from "../../core/config/environment.ts";
import { PreconditionError } from "../../core/errors.ts";
import type { Clock } from "../../core/ids.ts";
import { withAwsErrors } from "./aws-errors.ts";
import { createCatalogView } from "./catalog.ts";
import { createClients } from "./clients.ts";
import { findInstallation } from "./find.ts";
import { filterLogs } from "./logs.ts";
import { describeExecution, startExecution } from "./machines.ts";
import type { Installation, MachineName } from "./port.ts";

/** @throws ConfigurationError `installation-not-found`, `installation-ambiguous`, `no-credentials`, `no-region` */
export async function openInstallation(name: string | undefined, clock: Clock): Promise<Installation> {
  const { ssm, sfn, documents, logs } = createClients();
  const parameter = await withAwsErrors(() => findInstallation(ssm, name));
  const arnOf = (machine: MachineName): string => {
    const arn = parameter.stateMachines[machine];
    if (arn !== undefined) return arn;
    throw new PreconditionError("machine-missing", `${parameter.installation} has no ${machine} state machine`, {
      hint: "Deploy it with the same version of Holdfast as this command.",
    });
  };
  return {
    parameter,
    catalog: createCatalogView(documents, parameter.catalogTable, clock),
    start: async (machine, runId, input) => {
      const machineArn = arnOf(machine);
      const author = await (await import("./caller.ts")).callerArn();
      const signed = author === undefined ? input : { ...input, author };
      return withAwsErrors(() => startExecution(sfn, machineArn, runId, signed));
    },
    describe: (arn) => withAwsErrors(() => describeExecution(sfn, arn)),
    logs: (query) => withAwsErrors(() => filterLogs(logs, logGroupName(parameter.installation, "functions"), query)),
    // Loaded when needed: the store's client is larger than all the others.
    audit: async (range) => (await import("./audit.ts")).readAudit(parameter.vaultBucket, range),
  };
}

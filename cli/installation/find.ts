/**
 * Which installation is meant, and where its parts are: the SSM parameter `/holdfast/<installation>`.
 * @module
 */
import { GetParameterCommand, GetParametersByPathCommand, type SSMClient } from "@aws-sdk/client-ssm";
import { z } from "zod";
import { type InstallationParameter, parameterName } from "../../core/config/environment.ts";
import { ConfigurationError } from "../../core/errors.ts";

const PATH = parameterName("").slice(0, -1);
const DEFAULT_NAME = "default";
const HINT = "Set HOLDFAST_INSTALLATION or --installation, and check that AWS_REGION is the region it was deployed to.";

const parameterSchema = z.object({
  schema: z.literal(1),
  installation: z.string(),
  stateMachines: z.record(z.string(), z.string()),
  catalogTable: z.string(),
  vaultBucket: z.string(),
  workBucket: z.string(),
  keyArn: z.string(),
  alertTopicArn: z.string(),
  secretPrefix: z.string(),
  names: z.object({ sources: z.array(z.string()), connections: z.array(z.string()) }).optional(),
});

/** @throws ConfigurationError `installation-not-found`, `installation-ambiguous`, `installation-unreadable` */
export async function findInstallation(ssm: SSMClient, name: string | undefined): Promise<InstallationParameter> {
  const value = name === undefined ? await findOnly(ssm) : await getParameter(ssm, name);
  return parseParameter(value);
}

async function getParameter(ssm: SSMClient, name: string): Promise<string> {
  const parameter = parameterName(name);
  const found = await ssm.send(new GetParameterCommand({ Name: parameter })).catch((error: unknown) => {
    if (error instanceof Error && error.name === "ParameterNotFound") return undefined;
    throw error;
  });
  const value = found?.Parameter?.Value;
  if (value !== undefined) return value;
  throw new ConfigurationError("installation-not-found", `there is no parameter ${parameter} in this region`, {
    hint: HINT,
  });
}

/** `default` where several are deployed, the only one otherwise. */
async function findOnly(ssm: SSMClient): Promise<string> {
  const found = new Map<string, string>();
  let next: string | undefined;
  do {
    const page = await ssm.send(new GetParametersByPathCommand({ Path: PATH, NextToken: next }));
    for (const { Name, Value } of page.Parameters ?? []) {
      if (Name !== undefined && Value !== undefined) found.set(Name.slice(parameterName("").length), Value);
    }
    next = page.NextToken;
  } while (next !== undefined);
  const only = found.get(DEFAULT_NAME) ?? (found.size === 1 ? [...found.values()][0] : undefined);
  if (only !== undefined) return only;
  if (found.size === 0) {
    throw new ConfigurationError("installation-not-found", `there is no parameter below ${PATH} in this region`, {
      hint: HINT,
    });
  }
  const names = [...found.keys()].sort().join(", ");
  throw new ConfigurationError("installation-ambiguous", `there are several installations: ${names}`, { hint: HINT });
}

function parseParameter(value: string): InstallationParameter {
  const parsed = parameterSchema.safeParse(jsonOrUndefined(value));
  if (parsed.success) return parsed.data;
  throw new ConfigurationError("installation-unreadable", `the parameter below ${PATH} is not one of this version`, {
    cause: parsed.error,
    hint: "Deploy the installation with the same version of Holdfast as this command.",
  });
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * What the functions of an installation have logged.
 * @module
 */
import { type CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { PreconditionError } from "../../core/errors.ts";
import type { FoundLogs, LogEvent, LogQuery } from "./port.ts";

/** One page is at most a megabyte or as many events; a run of thousands of chunks has more lines than anybody reads. */
const MOST_EVENTS = 50_000;

/** All pages: one may be empty and still have a successor. @throws PreconditionError `no-log-group` */
export async function filterLogs(client: CloudWatchLogsClient, group: string, query: LogQuery): Promise<FoundLogs> {
  const events: LogEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client
      .send(
        new FilterLogEventsCommand({
          logGroupName: group,
          startTime: query.from.getTime(),
          ...(query.to === undefined ? {} : { endTime: query.to.getTime() }),
          // Quoted, it is looked for as it stands, wherever in a line; ids have no quotes to escape.
          filterPattern: `"${query.containing}"`,
          ...(nextToken === undefined ? {} : { nextToken }),
        }),
      )
      .catch((error: unknown) => {
        if (!(error instanceof Error) || error.name !== "ResourceNotFoundException") throw error;
        throw new PreconditionError("no-log-group", `there is no log group ${group}`, {
          hint: "Deploy the installation with the same version of Holdfast as this command.",
        });
      });
    for (const { timestamp = 0, message = "", logStreamName = "" } of page.events ?? []) {
      events.push({ at: new Date(timestamp), message, stream: logStreamName });
    }
    nextToken = page.nextToken;
  } while (nextToken !== undefined && events.length < MOST_EVENTS);
  return { events, isCut: nextToken !== undefined };
}

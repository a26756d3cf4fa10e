/** The protocol's cancel request: a second connection that names the first one's key. @module */
import { once } from "node:events";
import pg from "pg";
import type { ConnectionSettings } from "../connection.ts";
import { tlsOptions } from "./connect.ts";

/** What the driver has but its types do not say. */
interface Cancelling extends pg.Connection {
  connect(port: number, host: string): void;
  requestSsl(): void;
  cancel(processId: number, secretKey: number): void;
}
interface Keyed {
  readonly processID: number | null;
  readonly secretKey: number | null;
}

/** Asks the server to cancel what the client runs. Best effort: never throws, the caller destroys the socket anyway. */
export async function cancelRunningQuery(settings: ConnectionSettings, client: pg.Client): Promise<void> {
  const { processID, secretKey } = client as unknown as Keyed;
  if (processID === null || secretKey === null) return;
  const ssl = tlsOptions(settings);
  const connection = new pg.Connection({ ssl }) as Cancelling;
  const send = (): void => connection.cancel(processID, secretKey);
  connection.on("connect", ssl ? () => connection.requestSsl() : send);
  connection.on("sslconnect", send);
  const timer = setTimeout(() => connection.stream.destroy(), 5_000);
  connection.connect(settings.port, settings.host);
  await once(connection, "end").catch(() => {});
  clearTimeout(timer);
  connection.stream.destroy();
}

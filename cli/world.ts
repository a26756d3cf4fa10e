/**
 * Everything a command touches outside itself, so that tests can stand in for the terminal, the clock and AWS.
 * @module
 */
import type { Clock, RandomBytes } from "../core/ids.ts";
import type { ConnectionStore, Installation } from "./installation/port.ts";
import type { ProgressStream } from "./output/progress.ts";

export interface World {
  readonly stdout: ProgressStream;
  readonly stderr: ProgressStream;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: RandomBytes;
  /** Aborted by the first SIGINT or SIGTERM. */
  readonly interrupted: AbortSignal;
  /** Resolves after the time or at once when interrupted; never rejects. */
  pause(millis: number): Promise<void>;
  /** A hidden prompt on a terminal, all of standard input otherwise. */
  readSecret(question: string): Promise<string>;
  /** A question and its answer; absent where nobody sits at a terminal. */
  readonly ask?: (question: string) => Promise<string>;
  readFile(path: string): Promise<string>;
  /** Finds the stack by its SSM parameter. @throws ConfigurationError `installation-not-found`, `installation-ambiguous`, `no-credentials`, `no-region` */
  openInstallation(name: string | undefined): Promise<Installation>;
  /** As `openInstallation`, but an installation that is named need not be deployed yet. */
  openConnections(name: string | undefined): Promise<ConnectionStore>;
}

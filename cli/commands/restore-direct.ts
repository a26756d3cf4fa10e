/** `holdfast restore --direct`: for the day the stack is gone. @module */
import { PreconditionError } from "../../core/errors.ts";
import type { CommandResult } from "../result.ts";
import type { Session } from "../session.ts";

export interface DirectOptions {
  readonly source?: string;
  readonly database?: string;
  readonly create?: boolean;
  readonly confirm?: boolean;
  readonly vault?: string;
  readonly toConnection?: string;
  readonly offlineKey?: string;
}

export async function restoreDirectly(_session: Session, _id: string, _options: DirectOptions): Promise<CommandResult> {
  throw new PreconditionError("direct-missing", "this version cannot restore without the stack");
}

/**
 * What verification found: damage becomes an issue that names its object; anything else (a store that does not answer,
 * a key that may not be used) is no finding and is thrown.
 * @module
 */
import { IntegrityError } from "../../errors.ts";
import { ObjectIntegrityError } from "../object/errors.ts";

export interface VerifyIssue {
  /** Key in the vault. */
  readonly object: string;
  /** Offset in the stored object of the frame at fault, where one is. */
  readonly offset?: number;
  readonly code: string;
  readonly message: string;
}

export interface VerifyReport {
  readonly isValid: boolean;
  /** Objects that were looked at. */
  readonly checks: number;
  /** Plaintext that was decrypted and compared; at the level `full` all of it. */
  readonly plainBytes: number;
  readonly issues: readonly VerifyIssue[];
}

export interface VerifyProgress {
  readonly objects: number;
  readonly ofObjects: number;
  readonly plainBytes: number;
}

export class Findings {
  checks = 0;
  plainBytes = 0;
  readonly issues: VerifyIssue[] = [];
  readonly #told = new Set<string>();
  readonly #onIssue: (issue: VerifyIssue) => void;

  constructor(onIssue: (issue: VerifyIssue) => void = () => {}) {
    this.#onIssue = onIssue;
  }

  /** Runs one check of `object`; damage is noted, other errors are thrown. @returns undefined when it was damaged */
  async check<T>(object: string, work: () => Promise<T>): Promise<T | undefined> {
    this.checks += 1;
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
      this.note(object, error);
      return undefined;
    }
  }

  note(object: string, error: IntegrityError): void {
    const { code, message } = error;
    const place = error instanceof ObjectIntegrityError ? error : undefined;
    // A damaged envelope is met twice: by itself, and when it is tried.
    if (this.#told.has(message)) return;
    this.#told.add(message);
    const at = place?.offset === undefined ? {} : { offset: place.offset };
    const issue: VerifyIssue = { object: place?.object ?? object, ...at, code, message };
    this.issues.push(issue);
    this.#onIssue(issue);
  }

  report(): VerifyReport {
    const issues = this.issues.toSorted((a, b) => (a.object < b.object ? -1 : Number(a.object > b.object)));
    return { isValid: issues.length === 0, checks: this.checks, plainBytes: this.plainBytes, issues };
  }
}

/**
 * A safety net beneath the rule that no secret is ever logged: whatever looks like one does not leave the function. And what
 * others wrote stays text: JSON escapes control characters, but not those that turn the direction of writing or hide.
 * @module
 */
import { printable } from "../../core/text.ts";

const REDACTED = "[redacted]";
/** Of a key as a whole word of its name: `dbPassword`, `private_key`; not `tokens` counted or a `secretName`. */
const SECRET_KEY =
  /password$|passwd$|(^|[^a-z])(pass(phrase)?|pwd|secret([-_]?(string|access[-_]?key))?|token|authorization|credentials?|api[-_]?key|private[-_]?key|data[-_]?key|plaintext)$/i;
/** The password in a URL, to the last `@` of the word, for a password may hold one; a user's name may stay. */
const URL_PASSWORD = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:)\S+(?=@)/gi;
/** `password=…` in a connection string, `"password":"…"` in JSON, `PASSWORD '…'` in a statement. */
const WRITTEN_PASSWORD = /\b(password["']?\s*[:=]\s*)("[^"]*"|'[^']*'|[^\s'",}]+)/gi;
const PASSWORD_LITERAL = /\b(password\s+)'[^']*'/gi;
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g;

const CONTROLS = /(\p{Cc}+)/u;

/** For JSON.stringify: keys are looked at as words, texts for what stands within them. */
export function redact(key: string, value: unknown): unknown {
  if (typeof value === "string") return isSecretKey(key) && value !== "" ? REDACTED : redactText(value);
  return isSecretKey(key) && typeof value === "object" && value !== null ? REDACTED : value;
}

export function redactText(text: string): string {
  return text
    .replace(URL_PASSWORD, `$1${REDACTED}`)
    .replace(WRITTEN_PASSWORD, `$1${REDACTED}`)
    .replace(PASSWORD_LITERAL, `$1${REDACTED}`)
    .replace(PRIVATE_KEY, REDACTED)
    .split(CONTROLS)
    .map((part, index) => (index % 2 === 1 ? part : printable(part)))
    .join("");
}

/** Camel case is cut into words first. */
function isSecretKey(key: string): boolean {
  return SECRET_KEY.test(key.replaceAll(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase());
}

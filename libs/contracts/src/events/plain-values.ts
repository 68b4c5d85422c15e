/** What the checks of hot events look at, character by character: a regular expression costs several times as much. */
import { MAX_TOKEN_LENGTH } from '../limits.ts';

const DIGEST_LENGTH = 'sha256:'.length + 64;

/** Letters, digits, `_` and `-`, as in `token`. */
export function isName(value: unknown): boolean {
  if (typeof value !== 'string' || value.length === 0 || value.length > MAX_TOKEN_LENGTH) return false;
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if (!(
      isDigit(code) ||
      (code >= 97 && code <= 122) ||
      (code >= 65 && code <= 90) ||
      code === 45 ||
      code === 95
    ))
      return false;
  }
  return true;
}

export function isDigest(value: unknown): boolean {
  if (typeof value !== 'string' || value.length !== DIGEST_LENGTH || !value.startsWith('sha256:'))
    return false;
  for (let index = 7; index < DIGEST_LENGTH; index++) {
    const code = value.charCodeAt(index);
    if (!(isDigit(code) || (code >= 97 && code <= 102))) return false;
  }
  return true;
}

export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

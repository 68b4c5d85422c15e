/**
 * The check of grants on the hot path: every call reaches its executor in a reply to a pull, whose schema made 29 % of all
 * that the executor allocated. This accepts what is plainly well formed; whatever it does not accept is left to the
 * schema, which decides and says what is wrong.
 */
import type { PullReply } from './api.ts';
import { isCount, isDigest, isName, isObject } from './events/plain-values.ts';

/** What every grant has; the rest is for calls that are traced, tried again or run on several nodes. */
const GRANT_MEMBERS = 9;

/** Whether `data` is certainly a reply with nothing but grants. Never true for what the schema would refuse or change. */
export function isPlainGrants(data: unknown): data is PullReply {
  if (!isObject(data)) return false;
  for (const member in data) if (member !== 'grants' && member !== 'more') return false;
  const { grants, more } = data;
  if (!Array.isArray(grants) || (Object.hasOwn(data, 'more') && more !== true)) return false;
  return (grants as readonly unknown[]).every(isPlainGrant);
}

function isPlainGrant(value: unknown): boolean {
  if (!isObject(value) || Object.keys(value).length !== GRANT_MEMBERS) return false;
  const { tenant, inputs } = value;
  return (
    isName(tenant) &&
    !(tenant as string).startsWith('_') &&
    isName(value['invocation']) &&
    isCount(value['attempt']) &&
    isName(value['agent']) &&
    isName(value['tool']) &&
    isDigest(value['toolDigest']) &&
    isObject(inputs) &&
    !Object.hasOwn(inputs, '__proto__') &&
    isDigest(value['argsDigest']) &&
    Number.isSafeInteger(value['fencingToken'])
  );
}

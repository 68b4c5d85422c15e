/**
 * The part of JSON Schema that a contract may use. Agents write contracts, and the gate of all tenants checks them:
 * what can be made to run for ever (`pattern`, `uniqueItems`) or reaches outside of the schema (`$ref`) is refused.
 */
import type { JsonObject } from '@writ/contracts';
import { MAX_SCHEMA_DEPTH, MAX_SCHEMA_LENGTH } from './limits.ts';

const VALUES = new Set([
  'type',
  'required',
  'enum',
  'const',
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minLength',
  'maxLength',
  'minItems',
  'maxItems',
  'minProperties',
  'maxProperties',
  'format',
  'title',
  'description',
  'default',
  'examples',
  '$schema',
]);
const SCHEMAS = new Set([
  'items',
  'additionalProperties',
  'not',
  'contains',
  'propertyNames',
  'if',
  'then',
  'else',
]);
const LISTS = new Set(['allOf', 'anyOf', 'oneOf', 'prefixItems']);

/** What cannot be used of a schema, as the rest of a sentence; nothing when it is fine. */
export function schemaProblem(schema: JsonObject): string | undefined {
  const { length } = JSON.stringify(schema);
  if (length > MAX_SCHEMA_LENGTH) return `has ${length} characters; at most ${MAX_SCHEMA_LENGTH} are checked`;
  return problemAt(schema, '', 0);
}

function problemAt(schema: unknown, path: string, depth: number): string | undefined {
  if (typeof schema === 'boolean') return undefined;
  if (depth > MAX_SCHEMA_DEPTH) return `nests deeper than ${MAX_SCHEMA_DEPTH} levels`;
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    return `is no schema at "${path || '/'}"`;
  for (const [key, value] of Object.entries(schema)) {
    const problem = problemOf(key, value, `${path}/${key}`, depth);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOf(key: string, value: unknown, path: string, depth: number): string | undefined {
  if (VALUES.has(key)) return undefined;
  if (SCHEMAS.has(key)) return problemAt(value, path, depth + 1);
  if (LISTS.has(key)) return firstProblem(Array.isArray(value) ? value.entries() : undefined, path, depth);
  if (key === 'properties')
    return firstProblem(
      typeof value === 'object' && value !== null ? Object.entries(value) : undefined,
      path,
      depth,
    );
  return `uses "${key}" at "${path}", which contracts do not know; known: ${[...VALUES, ...SCHEMAS, ...LISTS, 'properties'].join(', ')}`;
}

function firstProblem(
  schemas: Iterable<readonly [string | number, unknown]> | undefined,
  path: string,
  depth: number,
): string | undefined {
  if (!schemas) return `has no schemas at "${path}"`;
  for (const [key, schema] of schemas) {
    const problem = problemAt(schema, `${path}/${key}`, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

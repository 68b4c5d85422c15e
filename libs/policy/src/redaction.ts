/**
 * Arguments as an approver may see them: what the tool's input schema marks as secret (`writeOnly`, `format: password`,
 * `x-sensitive`) is blanked out, wherever it stands. What cannot be told (a reference that leads nowhere) is blanked
 * out too. The digest that the voter signs is of the whole.
 */
import type { JsonObject } from '@writ/contracts';

export const REDACTED = '[redacted]';

/** References that are followed one after another without going deeper into the value. */
const MOST_REFERENCES = 32;

type Schema = Readonly<Record<string, unknown>>;

/** A copy of `inputs` without its secrets; a tool without a schema has none. */
export function redact(inputs: JsonObject, schema: JsonObject | undefined): JsonObject {
  if (schema === undefined) return inputs;
  const shown = apply(inputs, schema, schema, 0);
  return isObject(shown) ? shown : { [REDACTED]: true };
}

function apply(value: unknown, schema: unknown, root: Schema, references: number): unknown {
  if (!isObject(schema)) return value;
  if (schema['writeOnly'] === true || schema['x-sensitive'] === true || schema['format'] === 'password')
    return REDACTED;
  const { $ref } = schema;
  let shown = value;
  if (typeof $ref === 'string') {
    const target = references < MOST_REFERENCES ? resolve(root, $ref) : undefined;
    if (target === undefined) return REDACTED;
    shown = apply(shown, target, root, references + 1);
  }
  for (const part of parts(schema)) shown = apply(shown, part, root, references + 1);
  if (Array.isArray(shown))
    return shown.map((item, index) => apply(item, itemSchema(schema, index), root, 0));
  if (!isObject(shown)) return shown;
  return Object.fromEntries(
    Object.entries(shown).map(([key, entry]) => {
      const entries = entrySchemas(schema, key);
      return [key, entries.reduce<unknown>((inner, one) => apply(inner, one, root, 0), entry)];
    }),
  );
}

/** Schemas of the same value: whichever of them applies, its secrets are kept. */
function parts(schema: Schema): unknown[] {
  const lists = [schema['allOf'], schema['anyOf'], schema['oneOf']];
  const single = [schema['if'], schema['then'], schema['else']];
  return [...lists.flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : [])), ...single];
}

function entrySchemas(schema: Schema, key: string): unknown[] {
  const properties = schema['properties'];
  const own = isObject(properties) && Object.hasOwn(properties, key) ? [properties[key]] : [];
  const patterns = schema['patternProperties'];
  const matching = isObject(patterns)
    ? Object.entries(patterns).flatMap(([pattern, one]) => (matches(pattern, key) ? [one] : []))
    : [];
  const named = [...own, ...matching];
  return named.length > 0 ? named : [schema['additionalProperties']];
}

function itemSchema(schema: Schema, index: number): unknown {
  const first = Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : schema['items'];
  if (Array.isArray(first)) {
    const list = first as unknown[];
    return index < list.length ? list[index] : (schema['additionalItems'] ?? schema['items']);
  }
  return schema['items'];
}

/** A pattern that cannot be read may be about any key. */
function matches(pattern: string, key: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(key);
  } catch {
    return true;
  }
}

/** A reference within the schema (RFC 6901). */
function resolve(root: Schema, reference: string): unknown {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return undefined;
  let found: unknown = root;
  for (const part of reference.slice(2).split('/')) {
    const key = decode(part);
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Schema)[key];
  }
  return found;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return part;
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Data contracts, compiled on first use and kept by their text; only schemas that passed `schemaProblem` come here. */
import { messageOf } from '@writ/contracts';
import type { JsonObject } from '@writ/contracts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ErrorObject } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { MAX_COMPILED_SCHEMAS } from './limits.ts';

/** The first thing that is wrong with a value, as a sentence that begins with its place; nothing when it fits. */
export type SchemaCheck = (value: unknown, name: string) => string | undefined;

/** No state: whatever is forgotten is made again from the same text. By object first, because texts are long. */
const BY_OBJECT = new WeakMap<JsonObject, SchemaCheck>();
const BY_TEXT = new Map<string, SchemaCheck>();

/** @throws Error when the schema cannot be used (`schemaMistake`). */
export function schemaCheck(schema: JsonObject): SchemaCheck {
  let check = BY_OBJECT.get(schema);
  if (!check) {
    check = checkByText(schema);
    BY_OBJECT.set(schema, check);
  }
  return check;
}

/** What is wrong with a schema itself; nothing when it can be used. */
export function schemaMistake(schema: JsonObject): string | undefined {
  if (BY_TEXT.has(JSON.stringify(schema))) return undefined;
  checker ??= new Ajv2020({ strict: false, logger: false, addUsedSchema: false });
  if (checker.validateSchema(withoutDialect(schema)) !== true) {
    const error = checker.errors?.[0];
    return `at "${error?.instancePath || '/'}" it ${error?.message ?? 'is not a JSON Schema'}`;
  }
  try {
    schemaCheck(schema);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Knows the dialect's own schema; keeps nothing of what it checks. */
let checker: Ajv2020 | undefined;

function checkByText(schema: JsonObject): SchemaCheck {
  const text = JSON.stringify(schema);
  let check = BY_TEXT.get(text);
  if (check) return check;
  check = compileSchema(schema);
  if (BY_TEXT.size >= MAX_COMPILED_SCHEMAS) BY_TEXT.clear();
  BY_TEXT.set(text, check);
  return check;
}

function compileSchema(schema: JsonObject): SchemaCheck {
  const validate = newCompiler().compile(withoutDialect(schema));
  return (value, name) => (validate(value) ? undefined : sentence(validate.errors?.[0], name));
}

/** A compiler of its own for each schema: one that is shared remembers every `$id` it ever saw. */
function newCompiler(): Ajv2020 {
  const compiler = new Ajv2020({
    strict: false,
    logger: false,
    addUsedSchema: false,
    ownProperties: true,
    validateSchema: false,
    meta: false,
  });
  addFormats.default(compiler, { mode: 'fast' });
  return compiler;
}

function withoutDialect(schema: JsonObject): JsonObject {
  const { $schema: _dialect, ...rest } = schema;
  return rest;
}

function sentence(error: ErrorObject | undefined, name: string): string {
  const params = (error?.params ?? {}) as Record<string, unknown>;
  const allowed = params['allowedValues'] ?? params['allowedValue'] ?? params['additionalProperty'];
  const hint = allowed === undefined ? '' : `: ${JSON.stringify(allowed)}`;
  return `${name}${(error?.instancePath ?? '').replaceAll('/', '.')} ${error?.message ?? 'does not fit'}${hint}`;
}

/**
 * A tool's JSON Schema (draft 7 or 2020-12), compiled. Each schema gets a compiler of its own, because one
 * compiler knows all `$id`s it ever saw: a schema of one tenant could then collide with, or refer to, another
 * tenant's.
 */
import { WritError, memoize } from '@writ/contracts';
import type { JsonObject } from '@writ/contracts';
import { Ajv } from 'ajv';
import type { ErrorObject, Options, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { MAX_REASON_LENGTH, MAX_REMEMBERED_SCHEMAS } from './limits.ts';

/** The first thing that is wrong with some inputs, as a sentence; nothing when they fit. */
export type InputCheck = (inputs: JsonObject) => string | undefined;

const OPTIONS: Options = {
  // Unknown keywords are allowed by the standard; formats are checked, unknown ones are not an error.
  strict: false,
  logger: false,
  addUsedSchema: false,
  // `required: [constructor]` must not be met by what every object inherits.
  ownProperties: true,
};

const DRAFTS = [
  { uri: /^https?:\/\/json-schema\.org\/draft\/2020-12\/schema#?$/, Compiler: Ajv2020 },
  { uri: /^https?:\/\/json-schema\.org\/draft-07\/schema#?$/, Compiler: Ajv },
] as const;
type Draft = (typeof DRAFTS)[number];

/** Compilers that know their draft's own schema; what they check they do not keep. */
const CHECKERS = new Map<Draft, Ajv | Ajv2020>();

/** @throws WritError `schema-invalid` that says what is wrong with the schema. */
export function compileInputs(schema: JsonObject): InputCheck {
  return compileText(JSON.stringify(schema));
}

const compileText = memoize(MAX_REMEMBERED_SCHEMAS, (text) => compile(JSON.parse(text) as JsonObject));

function compile(schema: JsonObject): InputCheck {
  const draft = draftOf(schema);
  const wrong = mistakeIn(draft, schema);
  if (wrong !== undefined) throw new WritError('schema-invalid', wrong);
  let validate: ValidateFunction;
  try {
    const compiler = new draft.Compiler({ ...OPTIONS, meta: false, validateSchema: false });
    addFormats.default(compiler);
    validate = compiler.compile(schema);
  } catch (cause) {
    throw new WritError('schema-invalid', (cause as Error).message, { cause });
  }
  return (inputs) => (validate(inputs) ? undefined : sentence(validate.errors?.[0]));
}

function draftOf(schema: JsonObject): Draft {
  const uri = schema['$schema'] ?? 'https://json-schema.org/draft/2020-12/schema';
  const draft = DRAFTS.find((known) => typeof uri === 'string' && known.uri.test(uri));
  if (draft) return draft;
  throw new WritError(
    'schema-invalid',
    `$schema is ${JSON.stringify(uri)}; known are https://json-schema.org/draft/2020-12/schema (the default) ` +
      'and http://json-schema.org/draft-07/schema#',
  );
}

function mistakeIn(draft: Draft, schema: JsonObject): string | undefined {
  let checker = CHECKERS.get(draft);
  if (!checker) {
    checker = new draft.Compiler(OPTIONS);
    CHECKERS.set(draft, checker);
  }
  if (checker.validateSchema(schema) === true) return undefined;
  const error = checker.errors?.[0];
  return `at "${error?.instancePath || '/'}" it ${error?.message ?? 'is not a JSON Schema'}`;
}

function sentence(error: ErrorObject | undefined): string {
  const where = `inputs${(error?.instancePath ?? '').replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')}`;
  return `${where} ${error?.message ?? 'do not fit'}${hint(error)}`.slice(0, MAX_REASON_LENGTH);
}

/** What the validator knows but does not say. */
function hint(error: ErrorObject | undefined): string {
  const params = (error?.params ?? {}) as Record<string, unknown>;
  const extra = params['additionalProperty'] ?? params['unevaluatedProperty'];
  if (typeof extra === 'string') return `: "${extra}" is not one of them`;
  if (params['allowedValues'] !== undefined) return `: ${JSON.stringify(params['allowedValues'])}`;
  if (params['allowedValue'] !== undefined) return `: ${JSON.stringify(params['allowedValue'])}`;
  return '';
}

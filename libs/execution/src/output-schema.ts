/** A tool's promise about its result, compiled once per spec: JSON Schema, draft 7 or 2020-12 by its `$schema`. */
import { WritError, messageOf } from '@writ/contracts';
import type { JsonObject } from '@writ/contracts';
import { Ajv } from 'ajv';
import type { SchemaValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

/** What is wrong with an output, in a sentence; undefined when it keeps the promise. */
export type OutputCheck = (output: unknown) => string | undefined;

/** Unknown keywords are kept as annotations; the first problem is enough for a person to begin with. */
const OPTIONS = { strict: false, allErrors: false, validateFormats: true, addUsedSchema: false } as const;

/**
 * Compiles a schema; no schema promises nothing.
 * @throws WritError `invalid-output-schema` when the schema itself is broken.
 */
export function compileOutputCheck(schema: JsonObject | undefined, what = 'output'): OutputCheck {
  if (schema === undefined) return () => undefined;
  try {
    const ajv = isDraft2020(schema) ? new Ajv2020(OPTIONS) : new Ajv(OPTIONS);
    formats.default(ajv);
    const validate = ajv.compile(schema);
    return (output) => (validate(output) ? undefined : ajv.errorsText(validate.errors, { dataVar: what }));
  } catch (thrown) {
    const message = `the tool's ${what}s schema cannot be used: ${messageOf(thrown)}`;
    throw new WritError('invalid-output-schema', message, { cause: thrown });
  }
}

/** An output without the values that its schema marks `writeOnly` or `x-writ-redact`. Changes the output in place. */
export type Redaction = (output: unknown) => unknown;

export const REDACTED = '[redacted]';
const MARKS = ['writeOnly', 'x-writ-redact'] as const;

/** Undefined when the schema marks nothing, which costs nothing then. The schema is one that `compileOutputCheck` took. */
export function compileRedaction(schema: JsonObject | undefined): Redaction | undefined {
  if (schema === undefined) return undefined;
  const text = JSON.stringify(schema);
  if (!MARKS.some((mark) => text.includes(`"${mark}"`))) return undefined;
  const ajv = isDraft2020(schema)
    ? new Ajv2020({ ...OPTIONS, allErrors: true })
    : new Ajv({ ...OPTIONS, allErrors: true });
  formats.default(ajv);
  const found: {
    readonly parent: Record<string | number, unknown> | undefined;
    readonly key: string | number;
  }[] = [];
  const note: SchemaValidateFunction = (marked, _data, _schema, at) => {
    if (marked === true)
      found.push({
        parent: at?.parentData,
        key: at?.parentDataProperty ?? '',
      });
    return true;
  };
  for (const keyword of MARKS) {
    ajv.removeKeyword(keyword);
    ajv.addKeyword({ keyword, validate: note });
  }
  const visit = ajv.compile(schema);
  return (output) => {
    const holder = { output };
    visit(output, {
      instancePath: '',
      parentData: holder,
      parentDataProperty: 'output',
      rootData: output as object,
      dynamicAnchors: {},
    });
    for (const { parent, key } of found.splice(0)) if (parent) parent[key] = REDACTED;
    return holder.output;
  };
}

function isDraft2020(schema: JsonObject): boolean {
  const dialect = schema['$schema'];
  return typeof dialect === 'string' && dialect.includes('2020-12');
}

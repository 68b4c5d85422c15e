/** The public schemas of the formats that are exported, written out from their specifications in `test/conformance/schemas`. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

const SCHEMAS = new URL('../../../test/conformance/schemas/', import.meta.url);

/** What is wrong with a value by a schema; null when it is valid. */
export function flawsBy(
  schema: 'cloudevents-1.0' | 'openlineage-2-0-2' | 'prov-json',
): (value: unknown) => string | null {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  const validate = ajv.compile(
    JSON.parse(readFileSync(new URL(`${schema}.json`, SCHEMAS), 'utf8')) as object,
  );
  return (value) => (validate(JSON.parse(JSON.stringify(value))) ? null : ajv.errorsText(validate.errors));
}

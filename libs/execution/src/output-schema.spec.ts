import { RunOutcome, digestOf } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { conclude } from './conclusion.ts';
import { REDACTED, compileOutputCheck, compileRedaction } from './output-schema.ts';

const secret = { type: 'string', writeOnly: true };

describe('an output schema', () => {
  it('that marks nothing: costs nothing', () => {
    expect(
      compileRedaction({ properties: { a: { type: 'string', writeOnly: false } } })?.({ a: 'x' }),
    ).toEqual({ a: 'x' });
    expect(compileRedaction({ type: 'object' })).toBeUndefined();
    expect(compileRedaction(undefined)).toBeUndefined();
  });

  const cases: readonly [string, Record<string, unknown>, unknown, unknown][] = [
    ['a field', { properties: { a: secret } }, { a: 'x', b: 1 }, { a: REDACTED, b: 1 }],
    ['our own mark', { properties: { a: { 'x-writ-redact': true } } }, { a: { b: 1 } }, { a: REDACTED }],
    ['items', { properties: { a: { items: secret } } }, { a: ['x', 'y'] }, { a: [REDACTED, REDACTED] }],
    ['what else there is', { additionalProperties: secret }, { a: 'x' }, { a: REDACTED }],
    [
      'a definition',
      { $defs: { s: secret }, properties: { a: { $ref: '#/$defs/s' } } },
      { a: 'x' },
      { a: REDACTED },
    ],
    [
      'a definition of draft 7',
      { definitions: { s: { allOf: [secret] } }, properties: { a: { $ref: '#/definitions/s' } } },
      { a: 'x' },
      { a: REDACTED },
    ],
    [
      'one of several',
      { properties: { a: { anyOf: [{ type: 'number' }, secret] } } },
      { a: 'x' },
      { a: REDACTED },
    ],
    ['everything', { ...secret }, 'x', REDACTED],
  ];
  it.each(cases)('that marks %s: takes it away', (_, schema, output, redacted) => {
    expect(compileRedaction(schema)?.(output)).toEqual(redacted);
  });

  it('that marks a field: neither output nor digest of the ending hold it', () => {
    const schema = { properties: { token: secret } };
    const result = { outcome: RunOutcome.succeeded, output: { token: 'x', n: 1 } };
    const { ending } = conclude(result, compileOutputCheck(schema), 1_000, compileRedaction(schema));
    expect(ending.output).toEqual({ token: REDACTED, n: 1 });
    expect(ending.outputDigest).toBe(digestOf(ending.output));
  });
});

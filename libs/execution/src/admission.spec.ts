import { digestOf } from '@writ/contracts';
import type { Effects, SafetyClass } from '@writ/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { admit, idempotencyKey, startsFirst } from './admission.ts';

describe('a grant', () => {
  it('whose inputs are those decided on: is admitted with the bytes that the digest is of', () => {
    const inputs = { smiles: 'CCO', atoms: 3 };
    expect(admit({ inputs, argsDigest: digestOf(inputs) })).toEqual({
      status: 'admitted',
      inputs: { text: '{"atoms":3,"smiles":"CCO"}', digest: digestOf(inputs) },
    });
  });

  it('whose inputs were changed on the way: is refused, and says both digests', () => {
    const decided = digestOf({ smiles: 'CCO' });
    const sent = { smiles: 'CCN' };
    const admission = admit({ inputs: sent, argsDigest: decided });
    expect(admission).toMatchObject({
      status: 'refused',
      digest: digestOf(sent),
      error: { code: 'digest-mismatch' },
    });
    expect(JSON.stringify(admission)).toContain(decided);
  });

  it('whose inputs are no JSON value: is refused', () => {
    expect(admit({ inputs: { n: Number.NaN }, argsDigest: digestOf({}) })).toMatchObject({
      status: 'refused',
      error: { code: 'invalid-inputs' },
    });
  });

  it('with any JSON inputs: is admitted whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (inputs) => {
        const turned = Object.fromEntries(Object.entries(inputs).toReversed());
        expect(admit({ inputs: turned, argsDigest: digestOf(inputs) }).status).toBe('admitted');
      }),
    );
  });
});

describe('a tool', () => {
  const cases: readonly [SafetyClass | undefined, Effects | undefined, boolean][] = [
    ['READ_ONLY', undefined, false],
    ['READ_ONLY', 'pure', false],
    ['READ_ONLY', 'once', true],
    ['LOCAL_WRITE', 'pure', true],
    ['NETWORK', undefined, true],
    ['DESTRUCTIVE', 'keyed', true],
    [undefined, undefined, true],
  ];
  it.each(cases)(
    'of class %s with effects %s: commits execution.started first: %s',
    (safety, effects, expected) => {
      expect(startsFirst({ ...(safety && { class: safety }), ...(effects && { effects }) })).toBe(expected);
    },
  );

  it('called again in a later attempt: gets the same idempotency key', () => {
    const grant = { tenant: 'lab', invocation: 'i-1', attempt: 2 } as never;
    expect(idempotencyKey(grant)).toBe('lab/i-1');
  });
});

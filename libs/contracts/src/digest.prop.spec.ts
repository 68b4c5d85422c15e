import serialize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson } from './digest.ts';

/** Values whose keys are in order, out of order, numbers in disguise, or no well-formed text. */
const key = fc.oneof(fc.constantFrom('a', 'b', '10', '9', 'Z', '\u{10000}', '\uffff', '\ud800'), fc.string());
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, 0, -0, 1e21, 1e-7, Number.NaN, '\udfff'),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'binary' }),
    fc.array(tie('any')),
    fc.dictionary(key, tie('any'), { noNullPrototype: true }),
  ),
})).any;

describe('any value', () => {
  it('has the canonical form that the library gives it, or is refused as there', () => {
    fc.assert(
      fc.property(value, (one) => {
        let expected: string | undefined;
        try {
          expected = serialize(one);
        } catch {
          expect(() => canonicalJson(one)).toThrow(Error);
          return;
        }
        expect(canonicalJson(one)).toBe(expected);
      }),
      { numRuns: 2_000 },
    );
  });
});

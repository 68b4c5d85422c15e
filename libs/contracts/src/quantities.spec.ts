import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMicros, toMicros } from './quantities.ts';

describe('amounts in micro-units', () => {
  it.each([
    [0, 0n],
    [1.5, 1_500_000n],
    [0.1 + 0.2, 300_000n],
    [0.000_000_1, 1n],
    [12_345.678_901, 12_345_678_901n],
  ])('%d units are %s micro-units; never rounded down', (value, expected) =>
    expect(toMicros(value)).toBe(expected),
  );

  it('are written as decimals and read back exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 13n }), (amount) => {
        expect(toMicros(Number(formatMicros(amount)))).toBe(amount);
      }),
    );
    expect(formatMicros(-1_250_000n)).toBe('-1.25');
  });

  it('of what is no number: are refused', () =>
    expect(() => toMicros(Number.POSITIVE_INFINITY)).toThrow(RangeError));
});

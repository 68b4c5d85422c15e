/** Fingerprints: what they tell apart, and that they stay what they are, because snapshots hold them. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FINGERPRINT_BYTES, fingerprint } from './fingerprint.ts';

describe('a fingerprint', () => {
  it('of the same parts: is the same, in this release and the next', () => {
    expect(fingerprint('sha256:00ff', 'dock', 'ada', 'asked')).toBe(262_905_459_136_914);
    expect(fingerprint()).toBe(242_683_283_934_595);
  });
  it('of parts that are cut otherwise: is another', () =>
    expect(fingerprint('ab', 'c')).not.toBe(fingerprint('a', 'bc')));
  it('of any texts: fits into its bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (parts) => {
        const print = fingerprint(...parts);
        return Number.isSafeInteger(print) && print >= 0 && print < 2 ** (8 * FINGERPRINT_BYTES);
      }),
    );
  });
  it('of 100,000 texts that hardly differ: no two are equal, and hardly any in 32 of the bits', () => {
    const prints = Array.from({ length: 100_000 }, (_, nth) => fingerprint(`call-${nth}`, 'dock', 'ada'));
    expect(new Set(prints).size).toBe(prints.length);
    // Of 100,000 out of 2^32, one pair is expected to meet.
    expect(new Set(prints.map((print) => print % 2 ** 32)).size).toBeGreaterThan(prints.length - 10);
  });
});

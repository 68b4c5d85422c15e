/**
 * Tells by one number whether two short texts are the same: 48 bits, so that a million of them are remembered in 8 MB.
 *
 * No digest: whoever wants can find two texts with one fingerprint. So it may only be used where nobody gains by that. It
 * judges whether a used invocation id is asked for again as before; who finds a match gets the answer of the earlier call
 * instead of a rejection, for an id of its own tenant that it should not have used again. By accident that is one in
 * 280,000,000,000,000 ids that are used for two things.
 */

/** A whole number from 0 to 2^48 - 1. */
export type Fingerprint = number;

/** Bytes that a fingerprint takes. */
export const FINGERPRINT_BYTES = 6;

const SPACE = 32;

/** The fingerprint of the parts in this order; parts hold no spaces. Source: cyrb53 (github.com/bryc/code), cut to 48 bits. */
export function fingerprint(...parts: readonly string[]): Fingerprint {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (const part of parts) {
    for (let index = 0; index <= part.length; index++) {
      const code = index < part.length ? part.charCodeAt(index) : SPACE;
      high = Math.imul(high ^ code, 2_654_435_761);
      low = Math.imul(low ^ code, 1_597_334_677);
    }
  }
  const mixedHigh = mix(high, low);
  return (mix(low, mixedHigh) & 0xffff) * 2 ** 32 + (mixedHigh >>> 0);
}

function mix(one: number, other: number): number {
  return Math.imul(one ^ (one >>> 16), 2_246_822_507) ^ Math.imul(other ^ (other >>> 13), 3_266_489_909);
}

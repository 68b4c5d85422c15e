/**
 * The end of a spiral of retries: the same call, denied again and again, is answered `final`. It is decided anew each
 * time, so it passes as soon as it may; only what is transient is never final, because waiting is right there.
 */
import { DenialClass } from '@writ/contracts';
import type { Denial } from '@writ/contracts';
import { DENIALS_UNTIL_FINAL, MAX_REASON_LENGTH } from './limits.ts';

/** The denial of a call that was denied so many times before. */
export function withRepeats(denial: Denial, before: number): Denial {
  if (before === 0) return denial;
  const repeats = before + 1;
  if (repeats < DENIALS_UNTIL_FINAL || denial.class === DenialClass.transient) return { ...denial, repeats };
  const reason = `${denial.reason} (asked ${repeats} times with the same arguments: stop, or change the call)`;
  return { ...denial, reason: reason.slice(0, MAX_REASON_LENGTH), repeats, final: true };
}

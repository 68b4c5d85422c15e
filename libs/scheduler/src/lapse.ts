/** What a call that people granted carries, and when it may not run any more. Nothing of this exists for other calls. */
import type { Instant } from '@writ/contracts';

export interface Approval {
  /** When the grant ends; absent: never. */
  readonly untilMs?: Instant;
  /** Whether it was handed out already: policy has forgotten it then, and cannot vouch again. */
  consumed: boolean;
  /** Why it may not run any more. */
  revoked?: string;
  position: number;
}

/** When its grant lapses: at once when it was revoked, never when nobody set an end. */
export function lapsesMs({ approval }: { readonly approval: Approval | undefined }): Instant {
  return approval?.revoked === undefined ? (approval?.untilMs ?? Infinity) : 0;
}

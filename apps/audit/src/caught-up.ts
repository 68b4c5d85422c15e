/** Waits until everything that stands in the ledger when somebody asks is stored, so that his answer misses nothing. */
import { WritError } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import { CAUGHT_UP_WITHIN_MS } from './limits.ts';
import type { Projection } from './projection.ts';

/** @throws WritError `projection-behind` */
export async function caughtUp(ledger: Ledger, projection: Pick<Projection, 'storedUpTo'>): Promise<void> {
  const last = await ledger.lastSequence();
  if (await projection.storedUpTo(last, CAUGHT_UP_WITHIN_MS)) return;
  throw new WritError(
    'projection-behind',
    `the audit has not stored the ledger up to ${last} within ${CAUGHT_UP_WITHIN_MS} ms; ask again later`,
    { retryable: true, details: { last } },
  );
}

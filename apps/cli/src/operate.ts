/** One fact of an operator on the catalog of a tenant or of the cell, outside of any folder: it holds from its commit on. */
import { WritError, messageOf, subjects } from '@writ/contracts';
import type { Fact } from '@writ/contracts';
import { appendResolved } from '@writ/ledger';
import type { Ledger } from '@writ/ledger';
import type { LedgerTransport } from '@writ/sdk';
import { commitsOf } from './commit.ts';

/** How often somebody else may publish between our look and our append. */
const MOST_ATTEMPTS = 10;

/** @returns the ledger sequence of its commit. @throws WritError `not-permitted`, `catalog-contended` */
export async function publishFact(
  transport: LedgerTransport,
  fact: Fact,
  now: () => Date,
  interrupt: AbortSignal,
): Promise<number> {
  const { ledger } = transport;
  const refusal = new AbortController();
  const signal = AbortSignal.any([refusal.signal, interrupt]);
  transport.watch({ refused: (_, error) => refusal.abort(error), reconnected: () => undefined });
  const subject = subjects.catalog(fact.tenant);
  for (const { id, data } of commitsOf([fact], 'writ/operator', now())) {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const expected = (await tailOf(ledger, subject)) ?? 0;
      const result = await appendResolved(ledger, { subject, data, id, expected }, signal);
      if (result.status === 'committed') return result.seq;
    }
  }
  throw new WritError('catalog-contended', `others published ${MOST_ATTEMPTS} times meanwhile; try again`, {
    retryable: true,
  });
}

async function tailOf(ledger: Ledger, subject: string): Promise<number | undefined> {
  try {
    return (await ledger.tail(subject))?.seq;
  } catch (cause) {
    throw new WritError('unavailable', `the ledger cannot be read: ${messageOf(cause)}`, { cause });
  }
}

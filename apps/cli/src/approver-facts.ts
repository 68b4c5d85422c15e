/** What a person writes on his own subject: votes, delegations, standing grants. */
import { WritError, digestOf, encodeEvent, subjects } from '@writ/contracts';
import type { Fact } from '@writ/contracts';
import { uuidv7 } from 'uuidv7';
import type { Session } from './session.ts';

/** How often a commit is sent before its writer is told that nobody confirmed it; a repeated one counts once. */
const MOST_SENDS = 3;

/**
 * Publishes the facts as one commit.
 * @throws WritError `not-permitted`; `unconfirmed` when the ledger did not answer.
 */
export async function publishAsApprover(session: Session, ...facts: readonly Fact[]): Promise<void> {
  const { transport, tenant, origin } = session;
  const subject = subjects.approvals(tenant, origin);
  const now = new Date().toISOString();
  const events = facts.map((fact) => encodeEvent(fact, uuidv7(), `writ/approver/${origin}`, now));
  const request = { subject, data: Buffer.from(`[${events.join(',')}]`), id: digestOf([subject, uuidv7()]) };
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => undefined);
  transport.watch({
    refused: (where, error) => void (where === subject && refused.reject(error)),
    reconnected: () => undefined,
  });
  for (let send = 0; send < MOST_SENDS; send++) {
    const result = await Promise.race([transport.append(request), refused.promise]);
    if (result.status === 'committed') return;
  }
  throw new WritError(
    'unconfirmed',
    'the ledger did not confirm it; look at `writ approvals` and try again',
    {
      retryable: true,
    },
  );
}

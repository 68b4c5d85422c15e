/**
 * Says once where a session runs, as a fact of the cell: then the facts of its calls need not repeat machine and pool.
 * Nothing is decided by it, so it is sent once and not insisted on.
 */
import { CELL, cloudEvent, encodeCommit, subjects } from '@writ/contracts';
import type { EventData, Instant } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';

export async function announceSession(
  ledger: Ledger,
  data: EventData<'executor.joined'>,
  now: Instant,
): Promise<void> {
  const { executor, session } = data;
  const fact = { type: 'executor.joined', tenant: CELL, data } as const;
  const id = `${session}-joined`;
  const event = cloudEvent(fact, id, `writ/executor/${executor}`, now);
  const subject = subjects.executions(CELL, executor);
  await ledger.append({ subject, data: encodeCommit([event]), id });
}

/** One commit as a process without a host writes it: an agent, a person, an owner, the operator, the fence. */
import { cloudEvent, encodeCommit } from '@writ/contracts';
import type { Fact, Instant } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';

/** Appends the facts as one commit, once; without an answer nobody knows whether it stands. */
export async function publish(
  ledger: Ledger,
  subject: string,
  facts: readonly Fact[],
  id: string,
  at: Instant,
): Promise<'committed' | 'conflict' | 'unknown'> {
  const events = facts.map((fact, index) => cloudEvent(fact, `${id}.${index}`, 'simulation', at));
  const { status } = await ledger.append({ subject, data: encodeCommit(events), id });
  return status;
}

/**
 * Appends the fences that the state owes: `execution.fenced` on a lost executor's own subject, whatever stands there.
 * The append moves the subject's sequence, so nothing that the lost session still wants to write can land any more.
 */
import { cloudEvent, encodeCommit, subjects } from '@writ/contracts';
import type { Fact } from '@writ/contracts';
import type { Ledger } from '@writ/ledger';
import { fencesOwed } from '@writ/scheduler';
import type { SchedulerState } from '@writ/scheduler';

export class Fences {
  readonly #ledger: Ledger;
  /** On their way, until the fold shows that they stand. */
  readonly #sent = new Set<string>();

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** Sends what is owed and not yet on its way. Sending one twice is harmless; a failed one is sent again later. */
  settle(state: SchedulerState): void {
    const owed = fencesOwed(state);
    if (owed.length === 0) {
      this.#sent.clear();
      return;
    }
    for (const { tenant, executor, session } of owed) {
      const id = `fence.${tenant}.${executor}.${session}`;
      if (this.#sent.has(id)) continue;
      this.#sent.add(id);
      const fact: Fact = { type: 'execution.fenced', tenant, data: { executor, session } };
      const data = encodeCommit([cloudEvent(fact, id, 'writ/scheduler', Date.now())]);
      this.#ledger
        .append({ subject: subjects.executions(tenant, executor), id, data })
        .then((result) => result.status === 'committed' || this.#sent.delete(id))
        .catch(() => this.#sent.delete(id));
    }
  }
}

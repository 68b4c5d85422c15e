/** A deciding service in simulation: the real host and core on a ledger that dies with the process. */
import type { Decider } from '@writ/contracts';
import { DeciderHost } from '@writ/ledger';
import type { CommittedFact, Ledger, SnapshotStore } from '@writ/ledger';
import { ProcessLedger } from './process-ledger.ts';

export interface ServiceParts<State, Offer> {
  readonly decider: Decider<State, Offer>;
  readonly ledger: Ledger;
  readonly snapshots: SnapshotStore;
  readonly now: () => number;
  readonly offer: () => Offer;
  readonly onCommitted: (facts: readonly CommittedFact[], state: State) => void;
}

/** One service of a cell: at most one process leads it, and any process can be killed at any moment. */
export class SimService<State, Offer> {
  host: DeciderHost<State, Offer>;
  readonly #parts: ServiceParts<State, Offer>;
  #ledger: ProcessLedger;
  #lives = 0;

  constructor(parts: ServiceParts<State, Offer>) {
    this.#parts = parts;
    this.#ledger = new ProcessLedger(parts.ledger);
    this.host = this.#boot();
  }

  get decider(): Decider<State, Offer> {
    return this.#parts.decider;
  }

  start(): Promise<void> {
    return this.host.start();
  }

  /** SIGKILL and restart. The old process may have appends on their way, which nobody waits for any more. */
  async crash(): Promise<void> {
    this.#ledger.kill();
    this.#ledger = new ProcessLedger(this.#parts.ledger);
    this.host = this.#boot();
    void this.host.start();
  }

  /** A second process that believes to lead while this one still does: the fence must settle it. */
  async rival(): Promise<void> {
    this.host = this.#boot();
    void this.host.start();
  }

  #boot(): DeciderHost<State, Offer> {
    const { decider, snapshots, now, offer, onCommitted } = this.#parts;
    const life = ++this.#lives;
    return new DeciderHost({
      decider,
      ledger: this.#ledger,
      lease: { hold: () => Promise.resolve(this.#lives === life), release: () => Promise.resolve() },
      snapshots,
      holder: `${decider.name}${life}`,
      now,
      offer,
      onCommitted,
      tickMs: 0,
      renewMs: 0,
    });
  }
}

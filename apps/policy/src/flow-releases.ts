/**
 * Copies what the gate let through to `writ.<tenant>.flows.<run>`, where downstream nodes read it. What is owed is part of
 * the state until the copy is seen in the ledger, so a crash between decision and copy loses nothing; a second copy of the
 * same output changes nothing.
 */
import { Inject, Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { cloudEvent, digestOf, encodeCommit, subjects } from '@writ/contracts';
import type { GatedState } from '@writ/decisions';
import type { Ledger } from '@writ/ledger';
import { DeciderTransport, LEDGER } from '@writ/service';
import { releasesOwed } from '@writ/workflow';
import type { GateState, Release } from '@writ/workflow';

const CHECK_MS = 500;

@Injectable()
export class FlowReleases implements OnApplicationBootstrap, OnApplicationShutdown {
  readonly #transport: DeciderTransport<GatedState>;
  readonly #ledger: Ledger;
  /** On their way, until the fold shows that they stand. */
  readonly #sent = new Set<Release>();
  #timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(DeciderTransport) transport: DeciderTransport<GatedState>,
    @Inject(LEDGER) ledger: Ledger,
  ) {
    this.#transport = transport;
    this.#ledger = ledger;
    transport.onCommitted = (_facts, state) => this.#settle(state.gate);
  }

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => this.#check(), CHECK_MS);
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
  }

  /** The state is ahead of the ledger while answers are on their way: nothing of it may be copied then. */
  #check(): void {
    const { host } = this.#transport;
    if (host.role === 'leading' && !host.busy) this.#settle(host.state.gate);
  }

  #settle(state: GateState): void {
    if (state.releases.size === 0) {
      if (this.#sent.size > 0) this.#sent.clear();
      return;
    }
    for (const release of releasesOwed(state)) {
      if (this.#sent.has(release)) continue;
      this.#sent.add(release);
      const { tenant, run, fact } = release;
      const id = `flow.${digestOf([tenant, run, fact]).slice(7, 47)}`;
      const data = encodeCommit([cloudEvent({ ...fact, tenant }, id, 'writ/policy', Date.now())]);
      this.#ledger
        .append({ subject: subjects.flows(tenant, run), id, data })
        .then((result) => result.status === 'committed' || this.#sent.delete(release))
        .catch(() => this.#sent.delete(release));
    }
  }
}

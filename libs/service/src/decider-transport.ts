/** Hosts a decider on the ledger; its committed answers go to `@EventPattern(LedgerEvent.committed)` handlers. */
import { Logger } from '@nestjs/common';
import type { Decider } from '@writ/contracts';
import { messageOf } from '@writ/contracts';
import { DeciderHost } from '@writ/ledger';
import type { CommittedFact, Lease, Ledger, SnapshotStore } from '@writ/ledger';
import { Metric } from '@writ/telemetry';
import type { Telemetry } from '@writ/telemetry';
import { BatchSpans } from './batch-spans.ts';
import { factMetrics } from './fact-metrics.ts';
import type { Health } from './health.ts';
import { LedgerEvent, LedgerTransport } from './ledger-transport.ts';

export interface DeciderParts<State, Offer> {
  readonly decider: Decider<State, Offer>;
  readonly ledger: Ledger;
  readonly lease: Lease;
  readonly snapshots: SnapshotStore;
  readonly holder: string;
  readonly health: Health;
  readonly telemetry: Telemetry;
}

export class DeciderTransport<State, Offer = undefined> extends LedgerTransport {
  readonly host: DeciderHost<State, Offer>;
  /** What the next reaction is offered; set by the service before it listens. */
  offer: () => Offer = () => undefined as Offer;
  /** For a service whose answers must leave at once; set before it listens. Handlers are told after it. */
  onCommitted: (facts: readonly CommittedFact[], state: State) => void = () => {};
  /** For a service whose clients wait for whoever leads; set before it listens. */
  onLeading: () => void = () => {};
  readonly #log: Logger;

  constructor(parts: DeciderParts<State, Offer>) {
    super();
    const { decider, telemetry } = parts;
    this.#log = new Logger(decider.name);
    const metrics = factMetrics(telemetry);
    const batches = telemetry.tracing && new BatchSpans(decider.name, decider.writes, telemetry.tracing);
    const elections = telemetry.meter.createCounter(Metric.elections);
    this.host = new DeciderHost({
      decider,
      ledger: parts.ledger,
      lease: parts.lease,
      snapshots: parts.snapshots,
      holder: parts.holder,
      now: Date.now,
      offer: () => this.offer(),
      onCommitted: (committed, state) => {
        this.onCommitted(committed, state);
        metrics.committed(committed);
        batches?.committed(committed);
        this.#tell(committed);
      },
      ...(batches ? { appending: (batch, append) => batches.appending(batch, append) } : {}),
      onAppended: (commits, tookMs) => metrics.appended(commits, tookMs),
      onRole: (role) => {
        this.#log.log(role);
        if (role !== 'leading') return;
        elections.add(1);
        this.onLeading();
      },
      log: (sentence) => this.#log.warn(sentence),
    });
    parts.health.add('decider', () => this.host.trouble);
    this.#observe(telemetry, parts.ledger);
  }

  listen(callback: (error?: unknown) => void): void {
    this.host.start().then(() => callback(), callback);
  }

  async close(): Promise<void> {
    await this.host.stop();
  }

  #tell(committed: readonly CommittedFact[]): void {
    this.emit(LedgerEvent.committed, committed).catch((error: unknown) => {
      this.#log.error(`a handler of committed facts failed: ${messageOf(error)}`);
    });
  }

  #observe(telemetry: Telemetry, ledger: Ledger): void {
    telemetry.meter.createObservableGauge(Metric.leader).addCallback((result) => {
      result.observe(this.host.role === 'leading' ? 1 : 0);
    });
    telemetry.meter.createObservableGauge(Metric.foldSequence).addCallback((result) => {
      result.observe(this.host.seen);
    });
    telemetry.meter.createObservableGauge(Metric.foldLag).addCallback(async (result) => {
      result.observe(Math.max(0, (await ledger.lastSequence()) - this.host.seen));
    });
  }
}

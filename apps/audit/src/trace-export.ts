/**
 * Traces of calls, made from their facts when they have ended and are stored: nothing is decided about them before, so every
 * error, denial, approval and slow call is kept, and the services that decide spend nothing on it. A flood of calls worth
 * keeping is cut off; the ledger has them all.
 */
import type { StoredCommit, TenantId } from '@writ/contracts';
import type { Trace } from '@writ/provenance';
import {
  Attribute,
  Metric,
  callSpans,
  isEnded,
  isHeadSampled,
  keptBecause,
  withinRatio,
} from '@writ/telemetry';
import type { KeptBecause, Meter, Tracing } from '@writ/telemetry';
import { callEvents } from './call-events.ts';
import type { CallFollower } from './call-follower.ts';
import { FollowedEvents } from './followed-events.ts';
import { FOLLOWED_BYTES, OLDEST_TRACE_MS, SAMPLED_CALLS, TRACES_A_SECOND, TRACES_WAITING } from './limits.ts';
import type { Sightings } from './sightings.ts';
import type { InvocationKey } from './trace-batch.ts';

export interface TraceExportOptions {
  readonly tracing: Tracing;
  readonly meter: Meter;
  /** A commit that is stored already. */
  readonly stored: (tenant: TenantId, seq: number) => Promise<StoredCommit>;
  readonly onProblem: (error: unknown) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** Commits, or single events of them; a number stands for a commit that is to be read back. */
type Gathered = readonly (StoredCommit | number)[];

export class TraceExport implements CallFollower {
  readonly #options: TraceExportOptions;
  readonly #kept;
  readonly #dropped;
  /** Calls under way whose agents record their own part of the trace. */
  readonly #sampled = new Set<string>();
  readonly #events: FollowedEvents;
  #waiting = 0;
  #reading: Promise<void> = Promise.resolve();
  /** The present second, and how many traces it has had. */
  #second = 0;
  #inSecond = 0;

  constructor(options: TraceExportOptions) {
    this.#options = options;
    const { ratio } = options.tracing;
    this.#events = new FollowedEvents(
      ({ sampled, invocation }) => sampled || withinRatio(invocation, ratio),
      FOLLOWED_BYTES,
    );
    this.#kept = options.meter.createCounter(Metric.tracesKept);
    this.#dropped = options.meter.createCounter(Metric.tracesDropped);
    for (const why of ['flood', 'unreadable']) this.#dropped.add(0, { [Attribute.why]: why });
  }

  folded(sightings: readonly Sightings[]): void {
    for (const seen of sightings) {
      const { tenant } = seen.place;
      for (const { sampled, invocation } of seen.glimpses)
        if (sampled) this.#noteSampled({ tenant, invocation });
      this.#events.folded(seen);
    }
  }

  ended(trace: Trace, commit: (seq: number) => StoredCommit | undefined): (() => void) | undefined {
    const events = this.#events.take(trace);
    const sampled = this.#sampled.size > 0 && this.#sampled.delete(`${trace.tenant}/${trace.invocation}`);
    const why = keptBecause(trace, sampled, this.#options.tracing);
    if (why === undefined) return undefined;
    const now = this.#options.now();
    // What is projected again was exported when it happened.
    if (now - (trace.endedAt ?? 0) > OLDEST_TRACE_MS) return undefined;
    if (!this.#hasRoom(now)) {
      this.#drop('flood');
      return undefined;
    }
    const gathered = trace.facts.flatMap((seq) => events.get(seq) ?? commit(seq) ?? seq);
    return () => this.#export(trace, why, gathered);
  }

  #export(trace: InvocationKey, why: KeptBecause, gathered: Gathered): void {
    if (gathered.every((one) => typeof one !== 'number')) return this.#write(trace, why, gathered);
    if (this.#waiting >= TRACES_WAITING) return this.#drop('flood');
    this.#waiting += 1;
    this.#reading = this.#reading.then(() => this.#readThenWrite(trace, why, gathered));
  }

  /** Resolves when everything that was to be read has been. */
  async settled(): Promise<void> {
    await this.#reading;
  }

  #noteSampled({ tenant, invocation }: InvocationKey): void {
    this.#sampled.add(`${tenant}/${invocation}`);
    if (this.#sampled.size > SAMPLED_CALLS)
      this.#sampled.delete(this.#sampled.values().next().value as string);
  }

  /** Calls that were open for long have facts that are stored already. */
  async #readThenWrite(trace: InvocationKey, why: KeptBecause, gathered: Gathered): Promise<void> {
    try {
      const commits: StoredCommit[] = [];
      for (const one of gathered)
        commits.push(typeof one === 'number' ? await this.#options.stored(trace.tenant, one) : one);
      this.#write(trace, why, commits);
    } catch (error) {
      this.#drop('unreadable');
      this.#options.onProblem(error);
    } finally {
      this.#waiting -= 1;
    }
  }

  #write({ tenant, invocation }: InvocationKey, why: KeptBecause, commits: readonly StoredCommit[]): void {
    const { record, traceparent, events } = callEvents(invocation, commits);
    if (!record || !isEnded(record)) return this.#drop('unreadable');
    const { spans, ratio } = this.#options.tracing;
    // The ratio does not choose for an agent that has decided.
    if (why === 'sampled' && !isHeadSampled({ tenant, invocation, traceparent }, ratio)) return;
    for (const span of callSpans(record, { traceparent, events, kept: why })) spans.write(span);
    this.#kept.add(1, { [Attribute.why]: why });
  }

  #hasRoom(now: number): boolean {
    const second = Math.floor(now / 1_000);
    if (second !== this.#second) this.#inSecond = 0;
    this.#second = second;
    this.#inSecond += 1;
    return this.#inSecond <= TRACES_A_SECOND;
  }

  #drop(why: 'flood' | 'unreadable'): void {
    this.#dropped.add(1, { [Attribute.why]: why });
  }
}

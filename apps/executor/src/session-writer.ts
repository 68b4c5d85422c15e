/**
 * Commits the facts of one session: one subject per tenant, each append at the exact sequence that was last seen
 * there. A fence that names this session stands on the subject before anything else can be granted elsewhere, so no
 * fact of a fenced session ever lands behind it. What gathers while an append is in flight goes out in the next one;
 * tenants do not wait for each other.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  Backoff,
  MAX_COMMIT_BYTES,
  MAX_EVENTS_PER_COMMIT,
  cloudEvent,
  decodeCommit,
  encodeCommit,
  subjects,
} from '@writ/contracts';
import type { AgentId, CloudEvent, ExecutorId, Fact, SessionId, TenantId } from '@writ/contracts';
import { appendResolved } from '@writ/ledger';
import type { LedgerCommit } from '@writ/ledger';
import { EVENT_OVERHEAD_BYTES, FIRST_RETRY_MS, LONGEST_RETRY_MS } from './limits.ts';
import type { ExecutorPorts } from './ports.ts';

/** A fact to be committed. */
export interface PendingFact {
  readonly fact: Fact;
  /** Bytes of what the fact carries beyond `EVENT_OVERHEAD_BYTES`. */
  readonly inlineBytes: number;
  /** Who waits for a copy, if anyone. */
  readonly notify?: AgentId;
  readonly committed: (seq: number) => void;
}

export interface SessionWriterOptions {
  readonly executor: ExecutorId;
  readonly session: SessionId;
  readonly ports: Pick<
    ExecutorPorts,
    'ledger' | 'notify' | 'trouble' | 'metrics' | 'traces' | 'now' | 'random'
  >;
  /** Called once after every commit, when all of its facts have been told. */
  readonly onCommit: () => void;
  /** Called once: somebody else fenced this session. Nothing is committed afterwards. */
  readonly onFenced: () => void;
}

/** What waits for one tenant's subject. */
interface Outbox {
  readonly tenant: TenantId;
  readonly subject: string;
  /** Everything up to here on the subject is known to hold no fence of this session. */
  clearUpTo: number;
  /** Sequence that the next append expects; undefined until the subject was looked at. */
  expected: number | undefined;
  queue: PendingFact[];
  draining: boolean;
}

/** One commit: its bytes and id stay the same however often it is tried. */
interface Envelope {
  readonly id: string;
  readonly batch: readonly PendingFact[];
  readonly events: readonly CloudEvent[];
  readonly data: Uint8Array;
}

export class SessionWriter {
  readonly #options: SessionWriterOptions;
  readonly #outboxes = new Map<TenantId, Outbox>();
  readonly #closing = new AbortController();
  #commits = 0;

  constructor(options: SessionWriterOptions) {
    this.#options = options;
  }

  /**
   * Commits a fact as soon as the tenant's append in flight allows.
   * `fencingToken`: sequence of the grant that the fact belongs to; a fence of this session can only stand after it.
   */
  write(tenant: TenantId, fencingToken: number, pending: PendingFact): void {
    if (this.#closing.signal.aborted) return;
    const outbox = this.#outboxes.get(tenant) ?? this.#open(tenant, fencingToken);
    outbox.queue.push(pending);
    if (outbox.draining) return;
    outbox.draining = true;
    // After this turn's microtasks: what finished together is committed together, without a hop of the event loop.
    process.nextTick(() => void this.#drain(outbox));
  }

  /** Nothing more is committed; what waits is dropped. */
  close(): void {
    this.#closing.abort();
  }

  #open(tenant: TenantId, fencingToken: number): Outbox {
    const subject = subjects.executions(tenant, this.#options.executor);
    const outbox = {
      tenant,
      subject,
      clearUpTo: fencingToken,
      expected: undefined,
      queue: [],
      draining: false,
    };
    this.#outboxes.set(tenant, outbox);
    return outbox;
  }

  async #drain(outbox: Outbox): Promise<void> {
    const backoff = new Backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS, this.#options.ports.random);
    while (outbox.queue.length > 0 && !this.#closing.signal.aborted) {
      const commit = this.#envelope(takeBatch(outbox));
      const begun = performance.now();
      const startMs = this.#options.ports.now();
      let seq: number | undefined;
      do seq = await this.#attempt(outbox, commit, backoff);
      while (seq === undefined && !this.#closing.signal.aborted);
      if (seq === undefined) return;
      outbox.expected = outbox.clearUpTo = seq;
      this.#options.ports.metrics.committed(commit.batch.length, performance.now() - begun);
      this.#trace(commit, seq, startMs);
      this.#tell(outbox.tenant, commit, seq);
    }
    outbox.draining = false;
  }

  /**
   * One attempt; undefined when it must be made again. Faults of the ledger are waited out, because facts are not
   * lost. The bytes and the id stay the same over all attempts, so a copy that landed unseen is recognised.
   */
  async #attempt(outbox: Outbox, commit: Envelope, backoff: Backoff): Promise<number | undefined> {
    const { ports } = this.#options;
    const { subject } = outbox;
    const { id, data } = commit;
    try {
      if (outbox.expected === undefined) {
        const landed = await this.#lookAt(outbox, id);
        if (landed !== undefined || outbox.expected === undefined) return landed;
      }
      const request = { subject, data, id, expected: outbox.expected };
      const result = await appendResolved(ports.ledger, request, this.#closing.signal);
      if (result.status === 'committed') return result.seq;
      outbox.expected = undefined;
    } catch (error) {
      if (this.#closing.signal.aborted) return undefined;
      outbox.expected = undefined;
      ports.trouble(error, `committing ${commit.batch.length} facts to ${subject}`);
      await delay(backoff.pauseMs(), undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
    return undefined;
  }

  /**
   * Learns what the next append must expect, having made sure that no fence of this session is on the subject; facts
   * of an earlier session, or a late fence of it, are no reason to stop. Returns the sequence of the commit `id` when
   * it turns out to stand there already.
   */
  async #lookAt(outbox: Outbox, id: string): Promise<number | undefined> {
    const { ports, session } = this.#options;
    const tail = await ports.ledger.tail(outbox.subject);
    let last = tail?.seq ?? 0;
    if (last > outbox.clearUpTo) {
      for await (const commit of ports.ledger.read({ subject: outbox.subject, from: outbox.clearUpTo + 1 })) {
        if (commit.id === id) return commit.seq;
        if (fences(commit, session)) {
          this.#fenced();
          return undefined;
        }
        last = Math.max(last, commit.seq);
      }
      outbox.clearUpTo = last;
    }
    outbox.expected = last;
    return undefined;
  }

  #fenced(): void {
    if (this.#closing.signal.aborted) return;
    this.close();
    this.#options.onFenced();
  }

  #envelope(batch: readonly PendingFact[]): Envelope {
    const { executor, session, ports } = this.#options;
    const id = `${session}-${++this.#commits}`;
    const at = ports.now();
    const source = `writ/executor/${executor}`;
    const events = batch.map(({ fact }, index) => cloudEvent(fact, `${id}-${index}`, source, at));
    return { id, batch, events, data: encodeCommit(events) };
  }

  #trace({ id, batch }: Envelope, seq: number, startMs: number): void {
    const { traces, now } = this.#options.ports;
    traces.committed({ id, facts: batch.map(({ fact }) => fact), seq, startMs, endMs: now() });
  }

  /** The session knows first what is done; then the agents that wait are told; then new work is asked for. */
  #tell(tenant: TenantId, { batch, events, data }: Envelope, seq: number): void {
    const byAgent = new Map<AgentId, CloudEvent[]>();
    for (const [index, { notify, committed }] of batch.entries()) {
      committed(seq);
      if (notify === undefined) continue;
      const copies = byAgent.get(notify);
      if (copies) copies.push(events[index] as CloudEvent);
      else byAgent.set(notify, [events[index] as CloudEvent]);
    }
    for (const [agent, copies] of byAgent) {
      const whole = copies.length === events.length;
      this.#options.ports.notify(tenant, agent, whole ? data : encodeCommit(copies));
    }
    this.#options.onCommit();
  }
}

function fences(commit: LedgerCommit, session: SessionId): boolean {
  return decodeCommit(commit).some(
    (fact) => fact.type === 'execution.fenced' && fact.data.session === session,
  );
}

/** As many of the waiting facts, oldest first, as one commit may hold. */
function takeBatch(outbox: Outbox): PendingFact[] {
  let bytes = 2;
  let count = 0;
  for (const { inlineBytes } of outbox.queue) {
    bytes += inlineBytes + EVENT_OVERHEAD_BYTES;
    if (count > 0 && (bytes > MAX_COMMIT_BYTES || count === MAX_EVENTS_PER_COMMIT)) break;
    count++;
  }
  const batch = outbox.queue;
  outbox.queue = count === batch.length ? [] : batch.splice(count);
  return batch;
}

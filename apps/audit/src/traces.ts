/**
 * The traces in memory: those of unfinished invocations, and all that changed and is not stored yet. An invocation is
 * stored once, when it has ended; one that stays open is stored after a while as it stands and again when it ends. The
 * same facts give the same rows however they are cut into batches.
 *
 * A request begins a trace without asking Postgres whether one is there, because nearly all are new. When that turns out
 * wrong the rows cannot be stored; the same commits are then folded again `carefully`, looking up every id.
 */
import type { InvocationId, TenantId } from '@writ/contracts';
import { UsageTally, foldTrace } from '@writ/provenance';
import type { BreakerEvent, NotedFact, Settlement, Trace, UsageLine } from '@writ/provenance';
import { MAX_LIVE_TRACES, OPEN_STORED_AFTER_MS } from './limits.ts';
import type { Sightings } from './sightings.ts';

export interface InvocationKey {
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
}

interface Entry extends InvocationKey {
  trace: Trace | undefined;
  /** Ledger sequence up to which its row knows it, or will when the batch under way is stored; 0 when it has none. */
  storedSeq: number;
  /** First ledger sequence that is not stored; 0 when all is. */
  dirtySince: number;
  dirtyAtMs: number;
  /** Whether its end was told. */
  told: boolean;
}

/** A breaker's transition; `nth` tells those of one commit apart. */
export interface BreakerRow {
  readonly tenant: TenantId;
  readonly nth: number;
  readonly event: BreakerEvent;
}

/** A fact that is kept by itself; `nth` tells those of one commit apart. */
export interface NoteRow extends NotedFact {
  readonly nth: number;
}

/** What one transaction stores. */
export interface TraceBatch {
  readonly traces: readonly Trace[];
  /** Of `traces`, those that have a row already. */
  readonly again: readonly Trace[];
  readonly breakers: readonly BreakerRow[];
  readonly notes: readonly NoteRow[];
  /** What is added to the sums. */
  readonly usage: readonly UsageLine[];
  /** First ledger sequence whose facts are not all in rows when this is stored; undefined when there is none. */
  readonly unstoredFrom: number | undefined;
}

export interface FoldOptions {
  /** Every id is looked up before it is believed to be new. */
  readonly careful: boolean;
  /** Keys that were looked up and have no row. */
  readonly absent: ReadonlySet<string>;
  readonly nowMs: number;
  /** Up to here everything is stored but the rows of open invocations: it is neither counted nor noted again. */
  readonly storedUpTo: number;
}

export class Traces {
  readonly #tenants = new Map<TenantId, Map<InvocationId, Entry>>();
  readonly #maxLive: number;
  #size = 0;
  #dirty: Entry[] = [];
  #underway: readonly Entry[] = [];
  #breakers: BreakerRow[] = [];
  #notes: NoteRow[] = [];
  readonly #usage = new UsageTally();
  readonly #count = (settlement: Settlement): void => this.#usage.add(settlement);

  constructor(maxLive = MAX_LIVE_TRACES) {
    this.#maxLive = maxLive;
  }

  get size(): number {
    return this.#size;
  }

  find({ tenant, invocation }: InvocationKey): Trace | undefined {
    return this.#tenants.get(tenant)?.get(invocation)?.trace;
  }

  clear(): void {
    this.#tenants.clear();
    this.#size = 0;
    this.#dirty = [];
    this.#underway = [];
    this.#breakers = [];
    this.#notes = [];
    this.#usage.take();
  }

  /**
   * Folds what whole commits say, all or nothing: what it returns is missing in memory and must be looked up (`adopt`, or
   * `absent` by key) before the same is folded again.
   */
  fold(sightings: readonly Sightings[], options: FoldOptions): readonly InvocationKey[] {
    const found: (Entry | undefined)[] = [];
    const missing = this.#find(sightings, options, found);
    if (missing.length > 0) return missing;
    let nth = 0;
    for (const seen of sightings) {
      const { place } = seen;
      const fresh = place.seq > options.storedUpTo;
      if (fresh) this.#keep(seen);
      for (const glimpse of seen.glimpses) {
        const known = found[nth++];
        const entry = known?.trace ? known : this.#entry(place.tenant, glimpse.invocation);
        if (place.seq <= entry.storedSeq) continue;
        entry.trace = foldTrace(entry.trace, place, glimpse, fresh ? this.#count : undefined);
        if (entry.trace === undefined) this.#forget(entry);
        else if (entry.dirtySince === 0) {
          entry.dirtySince = place.seq;
          entry.dirtyAtMs = options.nowMs;
          this.#dirty.push(entry);
        }
      }
    }
    return missing;
  }

  /** Puts in what was looked up. */
  adopt(stored: readonly Trace[]): void {
    for (const trace of stored) {
      const entry = this.#entry(trace.tenant, trace.invocation);
      entry.trace = trace;
      entry.storedSeq = trace.lastSeq;
      entry.told = trace.outcome !== undefined;
    }
  }

  /** Everything that has ended since the last batch or was open for long; with `all`, whatever changed. */
  takeBatch(nowMs: number, all: boolean): TraceBatch {
    const due: Entry[] = [];
    const later: Entry[] = [];
    let unstoredFrom: number | undefined;
    for (const entry of this.#dirty) {
      if (all || entry.trace?.outcome !== undefined || nowMs - entry.dirtyAtMs >= OPEN_STORED_AFTER_MS) {
        entry.dirtySince = 0;
        due.push(entry);
      } else {
        unstoredFrom = Math.min(unstoredFrom ?? entry.dirtySince, entry.dirtySince);
        later.push(entry);
      }
    }
    const [breakers, notes] = [this.#breakers, this.#notes];
    this.#dirty = later;
    this.#underway = due;
    this.#breakers = [];
    this.#notes = [];
    const traces: Trace[] = [];
    const again: Trace[] = [];
    for (const entry of due) {
      const trace = entry.trace as Trace;
      traces.push(trace);
      if (entry.storedSeq > 0) again.push(trace);
      entry.storedSeq = trace.lastSeq;
    }
    return { traces, again, breakers, notes, usage: this.#usage.take(), unstoredFrom };
  }

  /**
   * The last batch is stored: what is finished leaves, and the oldest of the rest when they are too many. Returns what has
   * ended, each end once.
   */
  stored(): readonly Trace[] {
    const ended: Trace[] = [];
    for (const entry of this.#underway) {
      const isOver = entry.trace?.outcome !== undefined;
      if (entry.trace && isOver && !entry.told) ended.push(entry.trace);
      entry.told = isOver;
      if (entry.trace?.outcome !== undefined && entry.dirtySince === 0) this.#forget(entry);
    }
    this.#underway = [];
    if (this.#size > this.#maxLive) this.#evict();
    return ended;
  }

  /** What a commit says besides what happened to invocations. */
  #keep({ place, noted, breakers }: Sightings): void {
    breakers.forEach((event, nth) => this.#breakers.push({ tenant: place.tenant, nth, event }));
    noted.forEach((note, nth) => this.#notes.push({ ...note, nth }));
  }

  /** The entry of every glimpse in order, as far as it is in memory, and what must be looked up. */
  #find(
    sightings: readonly Sightings[],
    { careful, absent }: FoldOptions,
    found: (Entry | undefined)[],
  ): readonly InvocationKey[] {
    const missing: InvocationKey[] = [];
    for (const { place, glimpses } of sightings) {
      const { tenant } = place;
      let entries = this.#tenants.get(tenant);
      for (const { invocation, type } of glimpses) {
        let entry = entries?.get(invocation);
        if (!entry && type === 'tool.requested' && !careful) {
          entry = this.#entry(tenant, invocation);
          entries ??= this.#tenants.get(tenant);
        } else if (!entry && !absent.has(`${tenant}/${invocation}`)) missing.push({ tenant, invocation });
        found.push(entry);
      }
    }
    return missing;
  }

  #entry(tenant: TenantId, invocation: InvocationId): Entry {
    let entries = this.#tenants.get(tenant);
    if (!entries) this.#tenants.set(tenant, (entries = new Map()));
    let entry = entries.get(invocation);
    if (!entry) {
      entry = {
        tenant,
        invocation,
        trace: undefined,
        storedSeq: 0,
        dirtySince: 0,
        dirtyAtMs: 0,
        told: false,
      };
      entries.set(invocation, entry);
      this.#size += 1;
    }
    return entry;
  }

  #forget({ tenant, invocation }: Entry): void {
    const entries = this.#tenants.get(tenant);
    if (!entries?.delete(invocation)) return;
    this.#size -= 1;
    if (entries.size === 0) this.#tenants.delete(tenant);
  }

  #evict(): void {
    for (const entries of this.#tenants.values()) {
      for (const entry of entries.values()) {
        if (this.#size <= this.#maxLive) return;
        if (entry.dirtySince === 0) this.#forget(entry);
      }
    }
  }
}

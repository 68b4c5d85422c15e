/**
 * The traces in memory: those of unfinished invocations, and all that changed and is not stored yet. An invocation is
 * stored once, when it has ended; one that stays open is stored after a while as it stands and again when it ends. The
 * same facts give the same rows however they are cut into batches. What has ended becomes a row at once, because objects
 * that wait for a transaction are objects that the garbage collector copies.
 *
 * A request begins a trace without asking Postgres whether one is there, because nearly all are new. When that turns out
 * wrong the rows cannot be stored; the same commits are then folded again `carefully`, looking up every id.
 */
import type { InvocationId, TenantId } from '@writ/contracts';
import { UsageTally, foldTrace } from '@writ/provenance';
import type { Settlement, Trace } from '@writ/provenance';
import { MAX_LIVE_TRACES, OPEN_STORED_AFTER_MS } from './limits.ts';
import type { Sightings } from './sightings.ts';
import type { BreakerRow, InvocationKey, NoteRow, TraceBatch } from './trace-batch.ts';
import { TraceRows } from './trace-rows.ts';

interface Entry extends InvocationKey {
  /** Undefined while nothing is known, and when it has ended and `rows` have it. */
  trace: Trace | undefined;
  /** The rows in which it was last written and its place there, until they are stored. */
  rows: TraceRows | undefined;
  place: number;
  /** Ledger sequence up to which its row knows it, or will when the batch under way is stored; 0 when it has none. */
  storedSeq: number;
  /** First ledger sequence that is not stored; 0 when all is. */
  dirtySince: number;
  dirtyAtMs: number;
  /** Whether its end was told. */
  told: boolean;
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

/** Hears of each end once; what it returns is called when the end is stored. */
type OnEnd = (trace: Trace) => (() => void) | undefined;

export class Traces {
  readonly #tenants = new Map<TenantId, Map<InvocationId, Entry>>();
  readonly #maxLive: number;
  readonly #onEnd: OnEnd | undefined;
  #size = 0;
  /** What changed; with some that were written since. */
  #dirty: Entry[] = [];
  /** What ended in the last slice. */
  #ended: Entry[] = [];
  /** The batch that is filled, and the one under way or before. */
  #batch = new Filling();
  #before = new Filling();
  #breakers: BreakerRow[] = [];
  #notes: NoteRow[] = [];
  readonly #usage = new UsageTally();
  readonly #count = (settlement: Settlement): void => this.#usage.add(settlement);

  constructor(maxLive = MAX_LIVE_TRACES, onEnd?: OnEnd) {
    this.#maxLive = maxLive;
    this.#onEnd = onEnd;
  }

  get size(): number {
    return this.#size;
  }

  find({ tenant, invocation }: InvocationKey): Trace | undefined {
    const entry = this.#tenants.get(tenant)?.get(invocation);
    return entry && traceOf(entry);
  }

  clear(): void {
    this.#tenants.clear();
    this.#size = 0;
    this.#dirty = [];
    this.#ended = [];
    this.#batch.clear();
    this.#before.clear();
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
        entry.trace = foldTrace(traceOf(entry), place, glimpse, fresh ? this.#count : undefined);
        if (entry.trace === undefined) {
          this.#forget(entry);
          continue;
        }
        if (entry.dirtySince === 0) {
          entry.dirtySince = place.seq;
          entry.dirtyAtMs = options.nowMs;
          this.#dirty.push(entry);
        }
        if (entry.trace.outcome !== undefined) this.#ended.push(entry);
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

  /** Writes what has ended. Its commits are at hand then, and need not be later. */
  writeEnded(): void {
    for (const entry of this.#ended)
      if (entry.dirtySince > 0 && entry.trace?.outcome !== undefined && entry.rows !== this.#batch.rows)
        this.#write(entry);
    this.#ended = [];
  }

  /** Everything that has ended since the last batch or was open for long; with `all`, whatever changed. */
  takeBatch(nowMs: number, all: boolean): TraceBatch {
    const later: Entry[] = [];
    let unstoredFrom: number | undefined;
    for (const entry of this.#dirty) {
      if (entry.dirtySince === 0) continue;
      const due =
        all || entry.trace?.outcome !== undefined || nowMs - entry.dirtyAtMs >= OPEN_STORED_AFTER_MS;
      // An invocation has one row in a batch.
      if (due && entry.rows !== this.#batch.rows) this.#write(entry);
      else {
        unstoredFrom = Math.min(unstoredFrom ?? entry.dirtySince, entry.dirtySince);
        later.push(entry);
      }
    }
    const [{ rows, written, again }, breakers, notes] = [this.#batch, this.#breakers, this.#notes];
    this.#dirty = later;
    this.#breakers = [];
    this.#notes = [];
    [this.#batch, this.#before] = [this.#before, this.#batch];
    this.#batch.clear();
    return { rows, written, again, breakers, notes, usage: this.#usage.take(), unstoredFrom };
  }

  /** The last batch is stored: what is finished leaves, and the oldest of the rest when they are too many. */
  stored(): void {
    const { rows, written, whenStored } = this.#before;
    for (const entry of written) {
      // It may have been written again since.
      if (entry.rows !== rows) continue;
      entry.rows = undefined;
      if (entry.trace === undefined) this.#forget(entry);
    }
    for (const tell of whenStored) tell();
    this.#before.clear();
    if (this.#size > this.#maxLive) this.#evict();
  }

  #write(entry: Entry): void {
    const { rows, written, again, whenStored } = this.#batch;
    const trace = entry.trace as Trace;
    const isOver = trace.outcome !== undefined;
    entry.rows = rows;
    entry.place = rows.add(trace);
    written.push(entry);
    if (entry.storedSeq > 0) again.push(entry);
    entry.storedSeq = trace.lastSeq;
    entry.dirtySince = 0;
    const tell = isOver && !entry.told ? this.#onEnd?.(trace) : undefined;
    if (tell) whenStored.push(tell);
    entry.told = isOver;
    if (isOver) entry.trace = undefined;
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
        rows: undefined,
        place: 0,
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
        if (entry.dirtySince === 0 && !entry.rows) this.#forget(entry);
      }
    }
  }
}

/** A batch while it is filled, and until it is stored. */
class Filling {
  readonly rows = new TraceRows();
  written: Entry[] = [];
  again: Entry[] = [];
  /** What is called then. */
  whenStored: (() => void)[] = [];

  clear(): void {
    this.rows.clear();
    this.written = [];
    this.again = [];
    this.whenStored = [];
  }
}

function traceOf({ trace, rows, place }: Entry): Trace | undefined {
  return trace ?? rows?.read(place);
}

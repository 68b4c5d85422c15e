/**
 * The records in memory: all that changed and is not stored yet, and those of unfinished invocations. The same facts
 * give the same records however they are cut into batches. A record that has ended becomes its row at once, because
 * text that waits for a transaction costs the garbage collector far less than objects that do.
 *
 * A request begins a record without asking Postgres whether one is there, because nearly all are new. When the row
 * turns out to exist (an old id asked for again), `rebase` folds the same commits onto what is stored.
 */
import type { InvocationId, RecordedFact, TenantId } from '@writ/contracts';
import { breakerEvent, foldRecord, invocationsOf, restoreRecord } from '@writ/provenance';
import type { BreakerEvent, InvocationRecord } from '@writ/provenance';
import { rowOf } from './invocation-row.ts';
import type { InvocationRow } from './invocation-row.ts';
import { MAX_LIVE_RECORDS } from './limits.ts';

export interface InvocationKey {
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
}

/** One invocation's place in memory: a record, or the row of one that has ended. */
interface Entry extends InvocationKey {
  record: InvocationRecord | undefined;
  row: InvocationRow | undefined;
  /** Whether memory knows all there is: the record was read back, or began here and was stored. */
  whole: boolean;
  changed: boolean;
}

/** One fact about one invocation. */
interface Touch {
  readonly entry: Entry;
  readonly fact: RecordedFact;
  readonly nth: number;
}

/** A breaker's transition; `nth` tells those of one commit apart. */
export interface BreakerRow {
  readonly tenant: TenantId;
  readonly nth: number;
  readonly event: BreakerEvent;
}

/** What one transaction stores; the rows are as the records were when the batch was taken. */
export interface Batch {
  readonly entries: readonly Entry[];
  readonly rows: readonly InvocationRow[];
  readonly breakers: readonly BreakerRow[];
}

export class Records {
  readonly #entries = new Map<string, Entry>();
  readonly #maxLive: number;
  #changed: Entry[] = [];
  #breakers: BreakerRow[] = [];

  constructor(maxLive = MAX_LIVE_RECORDS) {
    this.#maxLive = maxLive;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** The record in memory; `whole` when no stored row can say more. */
  find({ tenant, invocation }: InvocationKey): { record: InvocationRecord | undefined; whole: boolean } {
    const entry = this.#entries.get(`${tenant}/${invocation}`);
    return { record: entry && recordIn(entry), whole: entry?.whole === true };
  }

  clear(): void {
    this.#entries.clear();
    this.#changed = [];
    this.#breakers = [];
  }

  /**
   * Folds the facts of whole commits, all or none: what it returns is missing in memory and must be read back
   * (`adopt`) first, after which the same facts are folded again.
   */
  fold(facts: readonly RecordedFact[], absent: ReadonlySet<string>): readonly InvocationKey[] {
    const { touches, missing } = this.#place(facts, absent);
    if (missing.length > 0) return missing;
    for (const fact of facts) this.#noteBreaker(fact);
    for (const { entry, fact, nth } of touches) {
      entry.record = foldRecord(recordIn(entry), fact, nth);
      entry.row = undefined;
    }
    for (const { entry } of touches) this.#settle(entry);
    return missing;
  }

  /** Puts in what was read back. */
  adopt(stored: readonly InvocationRecord[]): void {
    for (const record of stored) {
      const { tenant, invocation } = record;
      const entry = { tenant, invocation, record, row: undefined, whole: true, changed: false };
      this.#entries.set(`${tenant}/${invocation}`, entry);
    }
  }

  /** Everything that changed since the last batch. */
  takeBatch(): Batch {
    const entries = this.#changed;
    const breakers = this.#breakers;
    this.#changed = [];
    this.#breakers = [];
    const rows = entries.map((entry) => {
      entry.changed = false;
      return entry.row ?? rowOf(entry.record as InvocationRecord);
    });
    return { entries, rows, breakers };
  }

  /** The batch was not stored: it is part of the next one. */
  giveBack(batch: Batch): void {
    for (const entry of batch.entries) {
      if (entry.changed) continue;
      entry.changed = true;
      this.#changed.push(entry);
    }
    this.#breakers = [...batch.breakers, ...this.#breakers];
  }

  /**
   * Rows that existed although their requests looked new: their records go on from what is stored. `facts` are all since
   * the last stored batch, which is where those requests came.
   */
  rebase(stored: readonly InvocationRecord[], facts: Iterable<RecordedFact>): void {
    const based = new Map<string, InvocationRecord | undefined>();
    for (const record of stored) based.set(`${record.tenant}/${record.invocation}`, record);
    for (const fact of facts) {
      for (const [nth, invocation] of invocationsOf(fact).entries()) {
        const key = `${fact.tenant}/${invocation}`;
        if (based.has(key)) based.set(key, foldRecord(based.get(key), fact, nth));
      }
    }
    for (const [key, record] of based) {
      const entry = this.#entries.get(key);
      if (!entry) continue;
      Object.assign(entry, { record, row: undefined, whole: true });
      this.#settle(entry);
    }
  }

  /** The batch is stored: what is finished leaves, and the oldest of the rest when they are too many. */
  stored(batch: Batch): void {
    for (const entry of batch.entries) {
      entry.whole = true;
      if (entry.row && !entry.changed) this.#entries.delete(`${entry.tenant}/${entry.invocation}`);
    }
    if (this.#entries.size <= this.#maxLive) return;
    for (const [key, entry] of this.#entries) {
      if (this.#entries.size <= this.#maxLive) return;
      if (!entry.changed && entry.whole) this.#entries.delete(key);
    }
  }

  /** The place of every fact. A request makes one; anything else is said about something that should be stored. */
  #place(
    facts: readonly RecordedFact[],
    absent: ReadonlySet<string>,
  ): { touches: Touch[]; missing: InvocationKey[] } {
    const touches: Touch[] = [];
    const missing: InvocationKey[] = [];
    for (const fact of facts) {
      const { tenant } = fact;
      const invocations = invocationsOf(fact);
      for (let nth = 0; nth < invocations.length; nth++) {
        const invocation = invocations[nth] as InvocationId;
        const key = `${tenant}/${invocation}`;
        let entry = this.#entries.get(key);
        if (!entry && fact.type !== 'tool.requested' && !absent.has(key)) {
          missing.push({ tenant, invocation });
          continue;
        }
        if (!entry) {
          entry = { tenant, invocation, record: undefined, row: undefined, whole: false, changed: false };
          this.#entries.set(key, entry);
        }
        touches.push({ entry, fact, nth });
      }
    }
    return { touches, missing };
  }

  /** After a slice: what changed is due, what ended is text, and facts that nobody asked for leave no trace. */
  #settle(entry: Entry): void {
    const { record } = entry;
    if (!record) {
      if (!entry.row) this.#entries.delete(`${entry.tenant}/${entry.invocation}`);
      return;
    }
    if (record.ending) {
      entry.row = rowOf(record);
      entry.record = undefined;
    }
    if (entry.changed) return;
    entry.changed = true;
    this.#changed.push(entry);
  }

  #noteBreaker(fact: RecordedFact): void {
    const event = breakerEvent(fact);
    if (!event) return;
    const last = this.#breakers.at(-1);
    const nth = last?.event.seq === event.seq ? last.nth + 1 : 0;
    this.#breakers.push({ tenant: fact.tenant, nth, event });
  }
}

function recordIn({ record, row }: Entry): InvocationRecord | undefined {
  return record ?? (row && restoreRecord(row));
}

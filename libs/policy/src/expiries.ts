/**
 * When open approvals run out, earliest first. Equal times are ordered by name, so that a rebuilt order answers like
 * the one that grew.
 */
import { Heap, compareText } from '@writ/contracts';
import type { Instant, InvocationId, TenantId } from '@writ/contracts';

export interface Expiry {
  readonly atMs: Instant;
  readonly tenant: TenantId;
  readonly invocation: InvocationId;
}

interface Entry extends Expiry {
  position: number;
}

const POSITION = {
  get: (entry: Entry): number => entry.position,
  set: (entry: Entry, position: number): void => {
    entry.position = position;
  },
};

export class Expiries {
  readonly #heap = new Heap<Entry>(runsOutBefore, POSITION);
  readonly #entries = new Map<string, Entry>();

  get size(): number {
    return this.#entries.size;
  }

  /** One approval of a call is open at a time. */
  add(expiry: Expiry): void {
    const entry = { ...expiry, position: -1 };
    this.#entries.set(keyOf(expiry.tenant, expiry.invocation), entry);
    this.#heap.push(entry);
  }

  /** The approval of the call is closed. */
  remove(tenant: TenantId, invocation: InvocationId): void {
    const key = keyOf(tenant, invocation);
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    this.#heap.remove(entry);
  }

  earliest(): Expiry | undefined {
    return this.#heap.peek();
  }
}

function runsOutBefore(a: Expiry, b: Expiry): boolean {
  const order = a.atMs - b.atMs || compareText(a.tenant, b.tenant) || compareText(a.invocation, b.invocation);
  return order < 0;
}

/** No tenant's name holds a slash. */
function keyOf(tenant: TenantId, invocation: InvocationId): string {
  return `${tenant}/${invocation}`;
}

/**
 * Where calls stand in the queue, for people who ask: how many are ahead, and when a call should start. Reckoned from
 * the whole queue when it is asked for, because keeping it up to date would cost every grant. A forecast, no promise:
 * accounts are taken to get turns by their shares, and calls to take as long as their tools usually do.
 */
import type { Instant } from '@writ/contracts';
import { isOwedMore } from './accounts.ts';
import { callBefore, isQueued } from './call-queue.ts';
import { usualRunMs } from './lifecycle.ts';
import type { SchedulerState } from './state.ts';
import type { Account, Call } from './model.ts';

/** Slots of the executors that pull for each pool, running calls included. */
export type Slots = ReadonlyMap<string, number>;

interface Line {
  /** The queued calls of each campaign, in their order. */
  readonly campaigns: Map<Account, Call[]>;
  /** Queued calls of each account, campaigns included. */
  readonly counts: Map<Account, number>;
}

interface PoolLine {
  readonly bands: Map<number, Line>;
  waiting: number;
  running: number;
  /** Usual runs of all calls that wait. */
  runMs: number;
}

export class Standing {
  readonly #pools = new Map<string, PoolLine>();
  readonly #slots: Slots;
  readonly #now: Instant;

  constructor(state: SchedulerState, slots: Slots, now: Instant) {
    this.#slots = slots;
    this.#now = now;
    for (const { calls } of state.tenants.values()) for (const call of calls.values()) this.#add(call);
    for (const { bands } of this.#pools.values())
      for (const { campaigns } of bands.values())
        for (const line of campaigns.values()) line.sort((a, b) => (callBefore(a, b) ? -1 : 1));
  }

  /** How many calls are granted before this one, as things stand; it is queued itself. */
  ahead(call: Call): number {
    const line = this.#pools.get(poolOf(call))?.bands.get(call.berth.band);
    const place = line?.campaigns.get(call.berth.account)?.indexOf(call) ?? 0;
    return this.aheadOf(poolOf(call), call.berth.band, call.berth.account, place, call.due?.latestStartMs);
  }

  /** How many calls would be granted before one with `before` calls of its own campaign before it. */
  aheadOf(
    pool: string,
    band: number,
    campaign: Account,
    before: number,
    latestStartMs: Instant = Infinity,
  ): number {
    const { bands } = this.#poolNamed(pool);
    let turns = before + 1;
    const counts = bands.get(band)?.counts;
    for (let one = campaign; one.parent; one = one.parent) {
      // Of its tenant's calls it goes before those with more slack, whosever turn it is.
      if (!one.parent.parent)
        turns = Math.min(turns, this.#pressing(bands.get(band), one, latestStartMs) + 1);
      let all = turns;
      // While it gets its turns, each sibling gets as many for its share as it has calls.
      for (const other of one.parent.children.values()) {
        const theirs = other === one ? 0 : (counts?.get(other) ?? 0);
        if (theirs === 0) continue;
        const until = isOwedMore(other, one) ? turns : turns - 1;
        all += Math.min(theirs, one.share > 0 ? Math.ceil((until * other.share) / one.share) : theirs);
      }
      turns = all;
    }
    for (const [other, line] of bands) {
      if (other < band) for (const calls of line.campaigns.values()) turns += calls.length;
    }
    return turns - 1;
  }

  /** Calls of one campaign that wait in a band. */
  waitingIn(pool: string, band: number, campaign: Account): number {
    return this.#pools.get(pool)?.bands.get(band)?.campaigns.get(campaign)?.length ?? 0;
  }

  /** When a call with so many ahead should start; undefined while no executor pulls for its pool. */
  startAfter(pool: string, ahead: number, runMs: number): Instant | undefined {
    const slots = this.#slots.get(pool) ?? 0;
    if (slots === 0) return undefined;
    const line = this.#poolNamed(pool);
    const free = slots - line.running;
    if (ahead < free) return this.#now;
    const usual = line.waiting > 0 ? line.runMs / line.waiting : runMs;
    return Math.round(this.#now + ((ahead - Math.max(0, free) + 1) * usual) / slots);
  }

  /** Calls of a tenant that have less slack; all of them for a call without a deadline. */
  #pressing(line: Line | undefined, tenant: Account, latestStartMs: Instant): number {
    if (!line || latestStartMs === Infinity) return Infinity;
    let count = 0;
    for (const [campaign, calls] of line.campaigns) {
      if (campaign.parent?.parent !== tenant) continue;
      count += calls.filter(({ due }) => (due?.latestStartMs ?? Infinity) < latestStartMs).length;
    }
    return count;
  }

  #add(call: Call): void {
    if (!call.version) return;
    const pool = this.#poolNamed(poolOf(call));
    if (call.phase.status === 'granted') pool.running++;
    if (!isQueued(call)) return;
    pool.waiting++;
    pool.runMs += usualRunMs(call.version);
    let line = pool.bands.get(call.berth.band);
    if (!line) pool.bands.set(call.berth.band, (line = { campaigns: new Map(), counts: new Map() }));
    const campaign = line.campaigns.get(call.berth.account);
    if (campaign) campaign.push(call);
    else line.campaigns.set(call.berth.account, [call]);
    for (let one = call.berth.account; one.parent; one = one.parent)
      line.counts.set(one, (line.counts.get(one) ?? 0) + 1);
  }

  #poolNamed(name: string): PoolLine {
    let pool = this.#pools.get(name);
    if (!pool) this.#pools.set(name, (pool = { bands: new Map(), waiting: 0, running: 0, runMs: 0 }));
    return pool;
  }
}

function poolOf({ version }: Call): string {
  return version?.spec.pool ?? '';
}

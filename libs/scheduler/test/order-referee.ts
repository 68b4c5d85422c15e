/** Which call is next: by sorting all that queue in a pool, for every grant anew. */
import { AGEING_BOUND_SECONDS } from '../src/limits.ts';
import type { ShareReferee } from './share-referee.ts';
import { bySlack, canYield, lanesOf } from './watched.ts';
import type { Watched } from './watched.ts';

/** The first of the calls that queue together. */
interface First {
  readonly call: Watched;
  readonly band: number;
  readonly slack: number;
  /** Those whose patience counts. */
  readonly waiting: readonly Watched[];
}

const OVERDUE = -1;

export class OrderReferee {
  /** Grants before the turn of their campaign, and calls that were queued as being late. */
  turnsSkipped = 0;
  lateCalls = 0;
  readonly #shares: ShareReferee;
  readonly #agedAt = new Map<string, number>();

  constructor(shares: ShareReferee) {
    this.#shares = shares;
  }

  /** What the runs so far say of a call's slack. */
  forecast(call: Watched, now: number): void {
    call.hopelessMs = call.deadlineMs - this.#shares.leastMs(call);
    const tooLate = call.late && call.hopelessMs <= now;
    call.latestStartMs = tooLate ? Infinity : call.deadlineMs - this.#shares.usualMs(call);
  }

  /** The one to be granted next of those that queue in a pool and may be granted. */
  next(open: readonly Watched[], pool: string, now: number): Watched | undefined {
    const firsts = this.#firsts(open, pool);
    const urgent = Math.min(...firsts.map(({ band }) => band).filter((band) => band !== OVERDUE));
    const turn = firsts.filter(({ band }) => band === urgent).sort(this.#inTurn)[0];
    const pressing = turn && this.#mostPressing(turn, firsts, now);
    if (pressing !== turn) this.turnsSkipped++;
    const overdue = firsts.filter(({ band }) => band === OVERDUE).sort(this.#inTurn)[0];
    // Overdue calls stand beside those of the most urgent band, and accounts decide among them.
    return [pressing, overdue].filter((one) => one !== undefined).sort(this.#inTurn)[0]?.call;
  }

  /** Lets time pass: queued calls that may be late, and will be, have no slack any more. */
  age(queued: readonly Watched[], pool: string, now: number): void {
    this.#agedAt.set(pool, Math.floor(now / 1_000));
    for (const call of queued) {
      if (!call.late || call.hopelessMs > now) continue;
      if (call.latestStartMs < Infinity) this.lateCalls++;
      call.latestStartMs = Infinity;
    }
  }

  #firsts(open: readonly Watched[], pool: string): First[] {
    const agedAt = this.#agedAt.get(pool) ?? 0;
    return lanesOf(open).map((lane) => {
      const [call] = lane.sort(bySlack) as [Watched];
      const timed = call.latestStartMs < Infinity;
      const dueAt = (call.readyAt as number) + AGEING_BOUND_SECONDS;
      if (timed || dueAt > agedAt)
        return { call, band: call.band, slack: call.latestStartMs, waiting: timed ? lane : [call] };
      return { call, band: OVERDUE, slack: dueAt * 1_000, waiting: [call] };
    });
  }

  /** Of the tenant whose turn it is, the call with the least slack, if nobody of the campaign in turn pays for it. */
  #mostPressing(turn: First, firsts: readonly First[], now: number): First {
    const beside = firsts.filter(({ band }) => band === turn.band);
    const [pressing] = beside
      .filter(({ call, slack }) => slack < Infinity && call.accounts[0] === turn.call.accounts[0])
      .sort((a, b) => bySlack(a.call, b.call));
    const campaign = beside.filter(({ call }) => call.accounts[2] === turn.call.accounts[2]);
    if (!pressing || campaign.includes(pressing)) return turn;
    return campaign.every(({ waiting }) => waiting.every((call) => canYield(call, now))) ? pressing : turn;
  }

  readonly #inTurn = (a: First, b: First): number =>
    this.#shares.compare(a.call, b.call) ||
    (a.slack === b.slack ? a.call.arrival - b.call.arrival : a.slack - b.slack);
}

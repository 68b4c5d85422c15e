/**
 * Approvals under races: 10,000 seeded interleavings of votes, time, policy changes, cancels and crashes.
 * `WRIT_APPROVAL_RACES_SEED=17` replays one; `WRIT_APPROVAL_RACES` makes another number (10,000 take 7 to 40 s).
 */
import { expect, it } from 'vitest';
import { Race } from './race.ts';
import { Referee } from './referee.ts';

const { WRIT_APPROVAL_RACES_SEED: SEED, WRIT_APPROVAL_RACES: RACES } = process.env;
const FIRST = Number(SEED ?? 1);
const COUNT = Number(RACES ?? (SEED === undefined ? 10_000 : 1));
const STEPS = 90;
const TIMEOUT_MS = 300_000;

/** A search in which these do not happen proves nothing. */
const HAPPENS = [
  'approval.granted',
  'approval.denied',
  'approval.expired',
  'approval.escalated',
  'approval.confirmed',
  'approval.revoked',
  'approval.consumed',
  'budget.escalated',
  'schedule.refused',
  'invocation.cancelled',
  'a run by grant',
  'a broken glass',
  'a standing grant used',
];
const LEAST_SEEDS = 1_000;
/** In a search of so many, each must happen more often than once in this number of races. */
const SEEDS_FOR_EACH = 400;

it(
  `${COUNT} races: never two uses, never a run without its grant, never a lost vote`,
  () => {
    const seen = new Map<string, number>();
    for (let seed = FIRST; seed < FIRST + COUNT; seed++) {
      const race = new Race(seed).run(STEPS);
      const judgement = new Referee(race.ledger.commits).judge();
      expect({ seed, violations: judgement.violations }).toEqual({ seed, violations: [] });
      for (const seat of [race.policy, race.scheduler]) {
        const lived = seat.text();
        seat.crash();
        seat.read(Infinity);
        expect(seat.text(), `seed ${seed}: ${seat.decider.name} lived and replayed`).toBe(lived);
      }
      for (const [what, times] of judgement.seen) seen.set(what, (seen.get(what) ?? 0) + times);
    }
    if (COUNT < LEAST_SEEDS) return;
    for (const what of HAPPENS) expect(seen.get(what) ?? 0, what).toBeGreaterThan(COUNT / SEEDS_FOR_EACH);
  },
  TIMEOUT_MS,
);

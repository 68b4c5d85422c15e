/** What the accounts say, and when a refused call would fit. */
import { describe, expect, it } from 'vitest';
import type { RecordedFact } from '@writ/contracts';
import { account, allowed, answersOf, at, completed, ended, given } from '../test/scenario.ts';
import { balances, budget } from './index.ts';

const NOON = Date.parse('2026-07-01T12:00:00Z');

function stateOf(...facts: RecordedFact[]) {
  const state = budget.initial();
  for (const one of facts) {
    budget.evolve(state, one);
    answersOf(state, one.at);
  }
  return state;
}

describe('an account that has spent 6 of 30 USD in twelve hours', () => {
  const spend = (spec: RecordedFact) =>
    stateOf(
      at('2026-07-01T00:00:00Z', spec),
      at('2026-07-01T06:00:00Z', allowed('a', { usd: 6 })),
      at('2026-07-01T07:00:00Z', completed('a', { usd: 6 })),
    );
  const read = (spec: RecordedFact) => balances(spend(spec), 'acme' as never, NOON)[0];

  it('its allocation: burns half a USD an hour and is exhausted two days later', () =>
    expect(read(account('lab', { usd: 30 }))).toMatchObject({
      burnPerHour: 500000n,
      free: 24000000n,
      exhaustedAtMs: NOON + 48 * 36e5,
      resetsAtMs: undefined,
    }));
  it('a window that ends before: is not exhausted, and says when it begins anew', () =>
    expect(read(account('lab', { usd: { hard: 30, per: 'day' } }))).toMatchObject({
      burnPerHour: 500_000n,
      exhaustedAtMs: undefined,
      resetsAtMs: Date.parse('2026-07-02T00:00:00Z'),
    }));
  it('a rolling window: burns what it holds over its length', () =>
    expect(read(account('lab', { usd: { hard: 30, rollingMinutes: 360 } }))).toMatchObject({
      burnPerHour: 1_000_000n,
      window: 'rolling 360 min',
    }));
  it('read a day later: the day is closed although nothing was folded since', () =>
    expect(
      balances(
        spend(account('lab', { usd: { hard: 30, per: 'day' } })),
        'acme' as never,
        NOON + 86_400_000,
      )[0],
    ).toMatchObject({ spent: 0n, free: 30_000_000n }));
  it('another account: is not told when one is asked for', () =>
    expect(balances(spend(account('lab', { usd: 30 })), 'acme' as never, NOON, 'other')).toEqual([]));
});

describe('when a refused call would fit', () => {
  it('many small holds in the way: names the first that are enough', () =>
    given(account('lab', { usd: 10 }), ...['a', 'b', 'c', 'd'].map((id) => allowed(id, { usd: 2 })))
      .when(allowed('e', { usd: 5 }))
      .thenRefused({ afterHolds: { amount: '3000000', calls: 4, oldest: ['a', 'b'] } }));
  it('one of them ended: the next takes its place', () =>
    given(
      account('lab', { usd: 10 }),
      ...['a', 'b', 'c', 'd'].map((id) => allowed(id, { usd: 2 })),
      ended('invocation.cancelled', 'a'),
    )
      .when(allowed('e', { usd: 5 }))
      .thenRefused({ afterHolds: { amount: '1000000', calls: 3, oldest: ['b'] } }));
  it('a debt in the way for two windows: the second is named', () => {
    const daily = account('lab', { usd: { hard: 10, per: 'day', soft: 0.5, overdraft: 'recorded' } });
    const justified = { justification: 'why' };
    given(
      at('2026-07-01T00:00:00Z', daily),
      at('2026-07-01T00:00:00Z', allowed('a', { usd: 10 }, 'lab', undefined, justified)),
      at('2026-07-01T00:00:00Z', completed('a', { usd: 10 })),
    )
      .when(at('2026-07-01T01:00:00Z', allowed('b', { usd: 10 })))
      .thenRefused({ fitsAtMs: Date.parse('2026-07-03T00:00:00Z') });
  });
  it('more than the limit: nothing is promised', () =>
    expect(
      given(account('lab', { usd: 10 })).when(allowed('a', { usd: 11 })).got[0]?.data,
    ).not.toHaveProperty('fitsAtMs'));
});

/** When a limit begins anew, also where clocks change and months end. */
import { describe, expect, it } from 'vitest';
import { account, alerted, allowed, at, completed, given, reserved } from '../test/scenario.ts';
import { spanAt } from './windows.ts';

const spends = (id: string, usd: number, when: string) => [
  at(when, allowed(id, { usd })),
  at(when, completed(id, { usd })),
];

describe('a limit a day in Berlin', () => {
  const daily = (when: string) =>
    at(when, account('lab', { usd: { hard: 10, per: 'day', timeZone: 'Europe/Berlin' } }, [0.8]));

  it('spent: refused until midnight there, and says when that is', () =>
    given(daily('2026-07-01T08:00:00Z'), ...spends('a', 9, '2026-07-01T08:00:00Z'))
      .when(at('2026-07-01T21:59:59.999Z', allowed('b', { usd: 2 })))
      .thenRefused({
        window: 'day Europe/Berlin',
        free: '1000000',
        fitsAtMs: Date.parse('2026-07-01T22:00:00Z'),
        detail: expect.stringContaining(
          'in day Europe/Berlin; 9 spent, 0 held: ask again at 2026-07-01T22:00',
        ),
      }));
  it('the next day: free again', () =>
    given(daily('2026-07-01T08:00:00Z'), ...spends('a', 9, '2026-07-01T08:00:00Z'))
      .when(at('2026-07-01T22:00:00Z', allowed('b', { usd: 2 })))
      .then(reserved('b', ['lab', { usd: 2 }])));
  it('the day on which the clock is put forward: has 23 hours', () =>
    given(daily('2026-03-29T00:00:00Z'), ...spends('a', 10, '2026-03-29T00:30:00Z'))
      .when(at('2026-03-29T21:59:59Z', allowed('b', { usd: 1 })))
      .thenRefused({ fitsAtMs: Date.parse('2026-03-29T22:00:00Z') }));
  it('the day on which the clock is put back: has 25 hours', () =>
    given(daily('2026-10-24T22:00:00Z'), ...spends('a', 10, '2026-10-24T22:30:00Z'))
      .when(at('2026-10-25T22:59:59Z', allowed('b', { usd: 1 })))
      .thenRefused({ fitsAtMs: Date.parse('2026-10-25T23:00:00Z') }));
  it('a share told yesterday: is told again today', () =>
    given(daily('2026-07-01T08:00:00Z'), ...spends('a', 8, '2026-07-01T08:00:00Z'))
      .when(at('2026-07-02T08:00:00Z', allowed('b', { usd: 8 })))
      .then(reserved('b', ['lab', { usd: 8 }]), {
        ...alerted('lab', 'usd', 0.8, 8, 10),
        data: expect.objectContaining({ window: 'day Europe/Berlin' }) as never,
      }));
  it('a call open over midnight: its hold counts in both days, its use in the second', () => {
    const open = given(daily('2026-07-01T08:00:00Z'), at('2026-07-01T08:00:00Z', allowed('a', { usd: 9 })));
    open
      .when(at('2026-07-02T08:00:00Z', allowed('b', { usd: 2 })))
      .thenRefused({ afterHolds: { amount: '1000000', calls: 1, oldest: ['a'] } });
    open
      .when(at('2026-07-02T08:00:00Z', completed('a', { usd: 4 })))
      .balance('lab', 'usd', { spent: 4, free: 6 }, Date.parse('2026-07-02T09:00:00Z'));
  });
});

describe('other windows', () => {
  it('a month from the 31st: ends with the 31st, not a month later', () =>
    given(
      at('2027-01-31T23:00:00Z', account('lab', { usd: { hard: 10, per: 'month' } })),
      ...spends('a', 10, '2027-01-31T23:30:00Z'),
    )
      .when(at('2027-02-01T00:00:00Z', allowed('b', { usd: 10 })))
      .then(reserved('b', ['lab', { usd: 10 }])));
  it('the hour that a clock shows twice: is two windows', () => {
    const hourly = account('lab', { usd: { hard: 10, per: 'hour', timeZone: 'Europe/Berlin' } });
    given(at('2026-10-25T00:00:00Z', hourly), ...spends('a', 10, '2026-10-25T00:59:00Z'))
      .when(at('2026-10-25T01:00:00Z', allowed('b', { usd: 10 })))
      .then(reserved('b', ['lab', { usd: 10 }]));
  });
  it('an hour in which the clock is put back by half an hour: is the same span, whoever asked before', () => {
    const ahead = spanAt('hour', 'Australia/Lord_Howe', Date.parse('2026-04-04T15:10:00Z'));
    const before = spanAt('hour', 'Australia/Lord_Howe', Date.parse('2026-04-04T14:40:00Z'));
    const iso = ({ since, until }: typeof ahead) =>
      [since, until].map((edge) => new Date(edge).toISOString());
    expect(iso(before)).toEqual(['2026-04-04T14:00:00.000Z', '2026-04-04T15:00:00.000Z']);
    expect(iso(ahead)).toEqual(['2026-04-04T15:00:00.000Z', '2026-04-04T15:30:00.000Z']);
  });
  it('a rolling hour: gives back when an hour has passed, and says when', () => {
    const rolling = given(
      at('2026-07-01T08:00:00Z', account('lab', { usd: { hard: 10, rollingMinutes: 60 } })),
      ...spends('a', 6, '2026-07-01T08:00:30Z'),
      ...spends('b', 4, '2026-07-01T08:30:00Z'),
    );
    rolling
      .when(at('2026-07-01T09:00:59Z', allowed('c', { usd: 5 })))
      .thenRefused({ window: 'rolling 60 min', fitsAtMs: Date.parse('2026-07-01T09:01:00Z') });
    rolling
      .when(at('2026-07-01T09:01:00Z', allowed('c', { usd: 5 })))
      .then(reserved('c', ['lab', { usd: 5 }]));
  });
  it('several limits on one unit: each holds, the first that is short refuses', () =>
    given(
      account('lab', { calls: [{ hard: 5 }, { hard: 1, per: 'hour' }, { hard: 1, tool: 'fold' as never }] }),
      allowed('a', {}),
    )
      .when(allowed('b', {}))
      .thenRefused({ unit: 'calls', window: 'hour UTC', asked: '1000000', free: '0' }));
  it('a limit for one tool: others do not count', () =>
    given(account('lab', { calls: { hard: 1, tool: 'fold' as never } }), allowed('a', {}), allowed('b', {}))
      .when(allowed('c', {}, 'lab', undefined, { tool: 'fold' }))
      .then(reserved('c', ['lab', { calls: 1 }])));
  it('a leader whose clock is behind the ledger: charges the present window, never a past one', () =>
    given(
      at('2026-07-01T00:00:01Z', account('lab', { usd: { hard: 10, per: 'day' } })),
      at('2026-07-01T00:00:01Z', allowed('a', { usd: 5 })),
    )
      .when(at('2026-06-30T23:59:59Z', completed('a', { usd: 5 })))
      .balance('lab', 'usd', { spent: 5, free: 5 }, Date.parse('2026-07-01T00:00:02Z')));
});

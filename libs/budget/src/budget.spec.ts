/** The budget by example: the promise, and what others got wrong. */
import { describe, expect, it } from 'vitest';
import type { Fact } from '@writ/contracts';
import { account, allowed, completed, given, reserved } from '../test/scenario.ts';

describe('an account with 40 USD left', () => {
  const screening = given(
    account('lab/screening', { usd: 100 }),
    allowed('a', { usd: 60 }, 'lab', 'screening'),
  );
  const asks = allowed('b', { usd: 60 }, 'lab', 'screening');

  it('refuses a call that asks for 60 USD and says what is free', () =>
    screening.when(asks).thenRefused({
      invocation: 'b',
      agent: 'ada',
      reason: 'exhausted',
      account: 'lab/screening',
      unit: 'usd',
      asked: '60000000',
      free: '40000000',
      limit: '100000000',
      detail:
        '60 usd asked of account lab/screening, 40 free of 100; ' +
        '60 held by calls that have not ended: ask again when they have, or make the call smaller',
    }));
  it('has it back when the running call costs less than its hold', () =>
    screening.when(completed('a', { usd: 10 }), asks).then(reserved('b', ['lab/screening', { usd: 60 }])));
  it('says so when the call can never fit', () =>
    screening.when(allowed('b', { usd: 100.5 }, 'lab', 'screening')).thenRefused({
      detail: expect.stringContaining('100.5 usd asked of account lab/screening, 40 free of 100; it can'),
    }));
  it('refuses a millionth more than is free, and takes all that is free', () => {
    screening.when(allowed('b', { usd: 40.000001 }, 'lab', 'screening')).thenRefused({ free: '40000000' });
    const last = ['lab/screening', { usd: 40 }] as [string, { usd: number }];
    screening.when(allowed('b', { usd: 40 }, 'lab', 'screening')).then(reserved('b', last));
  });
  it('says so when the money is spent', () =>
    screening
      .when(completed('a', { usd: 60 }), asks)
      .thenRefused({ detail: expect.stringMatching(/60 spent, 0 held: make the call smaller or have/) }));
});

describe('traps that others fell into', () => {
  it('check and record in two steps, so N racers pass: one is paid, the others are refused', () => {
    const racers = Array.from({ length: 50 }, (_, index) => allowed(`racer-${index}`, { usd: 7 }));
    const losers = racers.slice(1).map(() => expect.objectContaining({ type: 'budget.refused' }) as Fact);
    return given(account('/', { usd: 10 }))
      .when(...racers)
      .then(reserved('racer-0', ['/', { usd: 7 }]), ...losers);
  });
  it('no estimate, no reservation (LiteLLM): the declared ceiling is held, whatever the call will use', () =>
    given(account('/', { usd: 10 }))
      .when(allowed('a', { usd: 10 }), allowed('b', { usd: 1 }))
      .then(reserved('a', ['/', { usd: 10 }]), expect.objectContaining({ type: 'budget.refused' }) as Fact));
  it('no estimate and no ceiling: refused, and says what to declare', () =>
    given(account('/', { calls: 5, storage: 10, usd: 10 }))
      .when(allowed('a', { 'node-hours': 1 }))
      .thenRefused({
        reason: 'no-estimate',
        account: '/',
        unit: 'usd',
        detail:
          'account / limits usd, and tool dock does not say how much of it a call may use: declare "cost: { usd: ... }" ' +
          'in the tool (0 if none; "other: 0" speaks for every unit that is not named), or "undeclared: allowed" at the limit',
      }));
  it('an estimate of nothing: runs, and is no missing estimate', () =>
    given(account('/', { usd: 10, tokens: 5 }))
      .when(allowed('a', { usd: 1, tokens: 0 }))
      .then(reserved('a', ['/', { usd: 1 }])));
  it('an estimate of nothing but what is named: runs', () =>
    given(account('/', { usd: 10, tokens: 5 }))
      .when(allowed('a', { usd: 1, other: 0 }))
      .then(reserved('a', ['/', { usd: 1 }])));
  it('no estimate of what the runtime knows itself, calls and storage: refused where the account wants one', () => {
    given(account('/', { calls: 5, storage: 10 }))
      .when(allowed('a', {}))
      .then(reserved('a', ['/', { calls: 1 }]));
    given(
      account('/', {
        calls: { hard: 5, undeclared: 'refused' },
        storage: { hard: 9, undeclared: 'refused' },
      }),
    )
      .when(allowed('a', {}))
      .thenRefused({ reason: 'no-estimate', unit: 'storage' });
  });
  it('safe admission (Slurm): what cannot finish inside what is left does not start, though it would fit so far', () =>
    given(account('/', { 'node-hours': 10 }), allowed('running', { 'node-hours': 6 }))
      .when(allowed('long', { 'node-hours': 5 }), allowed('short', { 'node-hours': 4 }))
      .then(
        expect.objectContaining({ type: 'budget.refused' }) as Fact,
        reserved('short', ['/', { 'node-hours': 4 }]),
      ));
  it('an estimate below zero: refused, because holding it would make money', () =>
    given(account('/', { usd: 10 }))
      .when(allowed('a', { usd: -5 }))
      .thenRefused({
        reason: 'no-estimate',
        detail: expect.stringContaining('of which the call\'s ceiling is "-5000000"'),
      }));
  it('no estimate where the account allows that, and the tool then uses the unit: the use is told as overrun', () =>
    given(account('/', { usd: 10, tokens: { hard: 100, undeclared: 'allowed' } }), allowed('a', { usd: 1 }))
      .when(completed('a', { usd: 1, tokens: 70 }))
      .balance('/', 'tokens', { spent: 0, held: 0, overrun: 70 }));
  it('floating point: ten holds of a tenth fill a limit of one exactly', () => {
    const tenths = Array.from({ length: 10 }, (_, index) => allowed(`tenth-${index}`, { usd: 0.1 }));
    given(account('/', { usd: 1 }), ...tenths)
      .when()
      .balance('/', 'usd', { held: 1, free: 0 });
  });
});

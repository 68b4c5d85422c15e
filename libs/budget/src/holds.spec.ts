/** A hold is opened once and closed once. */
import { describe, it } from 'vitest';
import {
  account,
  adjusted,
  allowed,
  completed,
  decided,
  ended,
  fact,
  given,
  recorded,
  released,
  reserved,
} from '../test/scenario.ts';

describe('one hold per invocation', () => {
  const limited = account('/', { usd: 10 });
  const asking = decided('require-approval', 'a', { usd: 6 });
  const waiting = given(limited, asking);

  it('approval required: the hold is taken before anyone is asked', () =>
    given(limited)
      .when(asking)
      .then(reserved('a', ['/', { usd: 6 }])));
  it('allowed after its approval: nothing is added', () => waiting.when(allowed('a', { usd: 6 })).then());
  it('decided twice in one batch: one hold', () =>
    given(limited)
      .when(asking, allowed('a', { usd: 6 }))
      .then(reserved('a', ['/', { usd: 6 }])));
  it('its hold read twice: held once', () =>
    waiting.when(recorded(reserved('a', ['/', { usd: 6 }]))).balance('/', 'usd', { held: 6, free: 4 }));
  it.each([
    ['approval.denied', 'denied'],
    ['approval.expired', 'expired'],
    ['schedule.refused', 'refused'],
    ['invocation.cancelled', 'cancelled'],
  ])('%s: released once as %s, with the money back', (type, reason) => {
    const over = waiting.when(ended(type, 'a'), decided('deny', 'a', {}), ended(type, 'a'));
    over.then(released('a', reason));
    over.balance('/', 'usd', { spent: 0, held: 0, free: 10 });
  });
  it('denied by policy after a hold: released', () =>
    waiting.when(decided('deny', 'a', {})).then(released('a', 'denied')));
  it('denied at once: nothing is owed', () =>
    given(limited)
      .when(decided('deny', 'a', {}))
      .then());
  it('cancelled before it was answered: takes no hold', () =>
    given(limited)
      .when(allowed('a', { usd: 6 }), ended('invocation.cancelled', 'a'))
      .then());
  it('a repeated id is rejected while the first call lives: its hold stays', () =>
    waiting
      .when(fact('request.rejected', { invocation: 'a', agent: 'ada', reason: 'duplicate-id', detail: '' }))
      .balance('/', 'usd', { held: 6 }));
  it('indeterminate: the hold stays until it is resolved', () =>
    waiting.when(ended('schedule.indeterminate', 'a')).balance('/', 'usd', { held: 6 }));
  it('the same id in two tenants: two calls', () =>
    waiting
      .when(fact('invocation.cancelled', { invocation: 'a', agent: 'ada' }, 'other'))
      .balance('/', 'usd', { held: 6 }));
});

describe('settling', () => {
  const running = given(account('lab', { usd: 10, calls: 5 }), allowed('a', { usd: 6 }));

  it('used less than held: charged what was measured', () =>
    running
      .when(completed('a', { usd: 1.5 }))
      .balance('lab', 'usd', { spent: 1.5, held: 0, free: 8.5, overrun: 0 }));
  it('used more than held: charged the hold and the overrun, which is told', () => {
    const over = running.when(completed('a', { usd: 8 }));
    over.balance('lab', 'usd', { spent: 6, held: 0, free: 2, overrun: 2 });
    over.then(adjusted('a', ['lab', { usd: 2 }]));
  });
  it('nothing reported for a unit: charged the ceiling', () =>
    running.when(completed('a', {})).balance('lab', 'usd', { spent: 6, held: 0 }));
  it('a negative use reported: charged the ceiling, for it would make money', () =>
    running.when(completed('a', { usd: -3 })).balance('lab', 'usd', { spent: 6, held: 0 }));
  it('calls not reported: the call that ran is one call', () =>
    running.when(completed('a', { usd: 1 })).balance('lab', 'calls', { spent: 1, held: 0 }));
  it('completed twice: charged once', () =>
    running
      .when(completed('a', { usd: 1 }), completed('a', { usd: 1 }))
      .balance('lab', 'usd', { spent: 1, held: 0 }));
  it('completed after its release: nothing is charged', () =>
    running
      .when(ended('schedule.refused', 'a'), completed('a', { usd: 1 }))
      .balance('lab', 'usd', { spent: 0, held: 0 }));
  it('completed but never seen: nothing is charged', () =>
    running.when(completed('zz', { usd: 9 })).balance('lab', 'usd', { spent: 0, held: 6 }));
});

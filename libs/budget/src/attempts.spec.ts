/** Every attempt of a call is held and charged for itself; what a person says of an indeterminate one settles it. */
import { describe, it } from 'vitest';
import { account, allowed, attempted, completed, ended, fact, given, reserved } from '../test/scenario.ts';

const LIMITED = account('/', { usd: 10 });
const HELD = reserved('a', ['/', { usd: 4 }]);
const running = [LIMITED, allowed('a', { usd: 4 })];
const resolved = (used?: object) =>
  fact('schedule.resolved', {
    invocation: 'a',
    attempt: 1,
    agent: 'ada',
    outcome: 'failed',
    by: 'eve',
    ...used,
  });

describe('an attempt that is followed by another one', () => {
  const again = given(...running).when(attempted('a', { usd: 1 }));

  it('is charged what it used, and as much is held again', () => {
    again.then(HELD);
    again.balance('/', 'usd', { spent: 1, held: 4, free: 5 });
  });
  it('that reported nothing: is charged its ceiling', () =>
    given(...running)
      .when(attempted('a', {}))
      .balance('/', 'usd', { spent: 4, held: 4, free: 2 }));
  it('when the money is gone meanwhile: ends the call as refused, holding nothing', () => {
    const poor = given(...running, allowed('b', { usd: 6 })).when(attempted('a', { usd: 1 }));
    poor.thenRefused({ invocation: 'a', agent: 'ada', reason: 'exhausted', account: '/' });
    poor.balance('/', 'usd', { spent: 1, held: 6, free: 3 });
  });
  it('the last attempt: settles its own hold', () =>
    given(...running, attempted('a', { usd: 1 }))
      .when(completed('a', { usd: 2 }))
      .balance('/', 'usd', { spent: 3, held: 0, free: 7 }));
  it('cancelled before the next one: gives the new hold back', () =>
    given(...running, attempted('a', { usd: 1 }))
      .when(ended('invocation.cancelled', 'a'))
      .balance('/', 'usd', { spent: 1, held: 0, free: 9 }));
  it('told twice in one batch: is charged once', () =>
    given(...running)
      .when(attempted('a', { usd: 1 }), attempted('a', { usd: 1 }))
      .balance('/', 'usd', { spent: 1, held: 4 }));
  it('of a call in a project: is held in the same accounts', () =>
    given(LIMITED, account('lab', { usd: 8 }), allowed('a', { usd: 4 }, 'lab'))
      .when(attempted('a', { usd: 1 }))
      .then(reserved('a', ['/', { usd: 4 }], ['lab', { usd: 4 }])));
  it('of a tenant without limits: is let through as the first one', () =>
    given(allowed('a', { usd: 4 }))
      .when(attempted('a', { usd: 1 }))
      .then(reserved('a')));
});

describe('another attempt over a soft limit', () => {
  const soft = account('/', { usd: { hard: 10, soft: 0.5, overdraft: 'recorded' } });
  it('borrows nothing: the call is refused', () =>
    given(soft, allowed('a', { usd: 4 }))
      .when(attempted('a', { usd: 2 }))
      .thenRefused({ invocation: 'a', reason: 'exhausted', limit: '5000000' }));
});

describe('an indeterminate call of which a person says what became', () => {
  it('and what it used: is charged that', () =>
    given(...running)
      .when(resolved({ used: { usd: '1000000' } }))
      .balance('/', 'usd', { spent: 1, held: 0 }));
  it('but not what it used: is charged its ceiling', () =>
    given(...running)
      .when(resolved())
      .balance('/', 'usd', { spent: 4, held: 0, free: 6 }));
  it('twice: is charged once', () =>
    given(...running, resolved())
      .when(completed('a', { usd: 4 }))
      .balance('/', 'usd', { spent: 4, held: 0 }));
});

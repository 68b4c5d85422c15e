/** Each share of a limit is told once. */
import { describe, it } from 'vitest';
import { account, alerted, allowed, ended, given, recorded, released, reserved } from '../test/scenario.ts';

describe('alerts', () => {
  const shares = [0.8, 0.5];
  const lab = account('lab', { usd: 10 }, shares);
  const half = given(lab, allowed('a', { usd: 5 }));

  it('a share reached: told with the hold that reached it', () =>
    given(lab)
      .when(allowed('a', { usd: 5 }), allowed('b', { usd: 1 }))
      .then(
        reserved('a', ['lab', { usd: 5 }]),
        alerted('lab', 'usd', 0.5, 5, 10),
        reserved('b', ['lab', { usd: 1 }]),
      ));
  it('two shares reached at once: both are told', () =>
    given(lab)
      .when(allowed('a', { usd: 9 }))
      .then(
        reserved('a', ['lab', { usd: 9 }]),
        alerted('lab', 'usd', 0.5, 9, 10),
        alerted('lab', 'usd', 0.8, 9, 10),
      ));
  it('one of two recorded out of turn: the other is still owed', () => {
    const nine = [allowed('a', { usd: 9 }), recorded(reserved('a', ['lab', { usd: 9 }]))];
    const [first, second] = [alerted('lab', 'usd', 0.5, 9, 10), alerted('lab', 'usd', 0.8, 9, 10)];
    given(lab)
      .when(...nine, recorded(second))
      .then(first);
    given(lab)
      .when(...nine, recorded(second, 'other'))
      .then(first, second);
  });
  it('reached again after a release: not told again', () =>
    half
      .when(ended('invocation.cancelled', 'a'), allowed('b', { usd: 6 }))
      .then(released('a', 'cancelled'), reserved('b', ['lab', { usd: 6 }])));
  it('the same definition applied again: not told again', () => half.when(lab).then());
  it('the limit lowered under what is held: told for the new limit', () =>
    half
      .when(account('lab', { usd: 6 }, shares))
      .then(alerted('lab', 'usd', 0.5, 5, 6), alerted('lab', 'usd', 0.8, 5, 6)));
  it('a limit of zero: nothing is told while nothing is used', () =>
    given()
      .when(account('lab', { usd: 0 }, [1]))
      .then());
});

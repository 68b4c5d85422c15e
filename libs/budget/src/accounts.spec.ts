/** Which accounts a call pays from, and what changing a limit does. */
import { describe, expect, it } from 'vitest';
import type { Fact } from '@writ/contracts';
import { account, allowed, completed, fact, given, reserved, retired } from '../test/scenario.ts';

describe('the account tree', () => {
  const tree = given(
    account('/', { calls: 3 }),
    account('lab', { usd: 50 }),
    account('lab/screening', { usd: 10, 'node-hours': 5 }),
    account('screening-campaign', { usd: 20 }),
  );

  it('a call in a campaign: holds in every account on its way, from the tenant down', () =>
    tree
      .when(allowed('a', { usd: 2, 'node-hours': 1 }, 'lab', 'screening'))
      .then(
        reserved(
          'a',
          ['/', { calls: 1 }],
          ['lab', { usd: 2 }],
          ['lab/screening', { usd: 2, 'node-hours': 1 }],
        ),
      ));
  it('an account named by the campaign alone: pays whatever the project is', () =>
    tree
      .when(allowed('a', { usd: 2 }, 'other', 'screening-campaign'))
      .then(reserved('a', ['/', { calls: 1 }], ['screening-campaign', { usd: 2 }])));
  it('a campaign named like its project: its account is held once', () =>
    tree
      .when(allowed('a', { usd: 2 }, 'lab', 'lab'))
      .then(reserved('a', ['/', { calls: 1 }], ['lab', { usd: 2 }])));
  it('parents above parents: all of them pay, from the tenant down, each once', () => {
    const deep = given(
      account('/', { calls: 3 }),
      account('lab', { usd: 50 }, [], { parent: 'faculty/chemistry' }),
      account('screening', { usd: 9 }, [], { parent: 'lab' }),
      account('faculty', { usd: 100 }),
      account('faculty/chemistry', { usd: 60 }),
    );
    const holds = ['faculty', 'faculty/chemistry', 'lab', 'screening'].map(
      (path): [string, { usd: number }] => [path, { usd: 2 }],
    );
    deep
      .when(allowed('a', { usd: 2 }, 'lab', 'screening'))
      .then(reserved('a', ['/', { calls: 1 }], ...holds));
  });
  it('parents in a circle: each pays once', () =>
    given(account('a', { usd: 9 }, [], { parent: 'b' }), account('b', { usd: 9 }, [], { parent: 'a' }))
      .when(allowed('x', { usd: 2 }, 'a'))
      .then(reserved('x', ['b', { usd: 2 }], ['a', { usd: 2 }])));
  it('one unit short in one account: nothing is held anywhere', () => {
    const short = tree.when(allowed('a', { usd: 11, 'node-hours': 1 }, 'lab', 'screening'));
    short.thenRefused({ account: 'lab/screening', unit: 'usd' });
    short.balance('lab', 'usd', { held: 0, free: 50 });
    short.balance('/', 'calls', { held: 0, free: 3 });
  });
  it('a limit on calls: counts every call, whether its ceiling names calls or not', () =>
    tree
      .when(...['a', 'b', 'c', 'd'].map((id) => allowed(id, {}, 'other')))
      .then(
        ...['a', 'b', 'c'].map((id) => reserved(id, ['/', { calls: 1 }])),
        expect.objectContaining({ type: 'budget.refused' }) as Fact,
      ));
  it('no account at all: nothing is limited', () =>
    given()
      .when(allowed('a', { usd: 1e9 }))
      .then(reserved('a')));
  it('only accounts of another tenant: nothing is limited', () =>
    given(fact('budget.defined', { budget: { account: '/', limits: { usd: 1 }, alerts: [] } }, 'other'))
      .when(allowed('a', { usd: 9 }))
      .then(reserved('a')));
});

describe('a call that no account pays for', () => {
  const named = given(account('lab/screening', { usd: 50 }), account('docking-campaign', { usd: 50 }));
  const refusal = (hint: string) => ({ reason: 'unknown-account', detail: expect.stringContaining(hint) });

  it('a misspelt campaign: refused with the nearest name', () =>
    named.when(allowed('a', { usd: 1 }, 'lab', 'screning')).thenRefused({
      account: 'lab/screning',
      reason: 'unknown-account',
      detail:
        'no account pays for project "lab" with campaign "screning"; did you mean "lab/screening"? ' +
        'the accounts of this tenant are "lab/screening", "docking-campaign"',
    }));
  it('two letters swapped in the name of a campaign: refused with the nearest name', () =>
    named
      .when(allowed('a', {}, 'x', 'dokcing-campaign'))
      .thenRefused(refusal('did you mean "docking-campaign"?')));
  it('the right campaign under another project: refused with where it is', () =>
    named.when(allowed('a', {}, 'x', 'screening')).thenRefused(refusal('did you mean "lab/screening"?')));
  it('two names within reach: refused with the nearer one', () =>
    given(account('Screening', {}), account('screenings', {}))
      .when(allowed('a', {}, 'screening'))
      .thenRefused(refusal('did you mean "Screening"?')));
  it('a short name like another by chance: no name is guessed', () =>
    given(account('ab', {}))
      .when(allowed('a', {}, 'xb'))
      .thenRefused(refusal('project "xb"; the accounts')));
  it('a name like none: refused with the names there are', () =>
    named.when(allowed('a', { usd: 1 }, 'physics')).thenRefused({
      account: 'physics',
      ...refusal('no account pays for project "physics"; the accounts of this tenant are "lab/'),
    }));
  it('more accounts than one reads: refused with the first of them', () => {
    const many = Array.from({ length: 8 }, (_, index) => account(`account-${index}`, {}));
    given(...many)
      .when(allowed('a', {}, 'z'))
      .thenRefused(refusal('"account-4" and 3 more'));
  });
});

describe('a limit that changes while calls run', () => {
  const running = given(account('lab', { usd: 10 }), allowed('a', { usd: 6 }));

  it('raised: the new limit is in force, spent and held stay', () =>
    running.when(account('lab', { usd: 20 })).balance('lab', 'usd', { limit: 20, held: 6, free: 14 }));
  it('lowered below what is held: nothing more is reserved', () => {
    const lowered = running.when(account('lab', { usd: 5 }), allowed('b', { usd: 0.000001 }));
    lowered.thenRefused({ free: '0', limit: '5000000' });
    lowered.balance('lab', 'usd', { held: 6, free: 0 });
  });
  it('a unit no longer named: not limited, and its sums are kept', () =>
    running
      .when(account('lab', {}), completed('a', { usd: 4 }), account('lab', { usd: 10 }))
      .balance('lab', 'usd', { spent: 4, held: 0 }));
  it('the only account retired: nothing is limited', () =>
    running.when(retired('lab'), allowed('b', { usd: 99 })).then(reserved('b')));
  it('one of two accounts retired: its calls are unknown', () =>
    running
      .when(account('x', {}), retired('lab'), allowed('b', {}))
      .thenRefused({ reason: 'unknown-account', account: 'lab' }));
  it('retired while a call runs: its hold still closes', () =>
    running
      .when(retired('lab'), completed('a', { usd: 4 }), account('lab', { usd: 10 }))
      .balance('lab', 'usd', { spent: 4, held: 0, free: 6 }));
  it('retired and defined again: what was spent is not forgotten', () =>
    running
      .when(completed('a', { usd: 6 }), retired('lab'), retired('lab'), account('lab', { usd: 10 }))
      .balance('lab', 'usd', { spent: 6, free: 4 }));
});

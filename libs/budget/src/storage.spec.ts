/** Storage is a level: what is kept counts until it is given back. */
import { describe, it } from 'vitest';
import { account, adjusted, allowed, completed, fact, given, reserved } from '../test/scenario.ts';

const DIGEST = `sha256:${'0'.repeat(64)}`;
const output = (bytes: number) => ({ outputRef: { digest: DIGEST, bytes, mediaType: 'application/json' } });
const removed = fact('payload.removed', { digest: DIGEST, reason: 'expired' });
const returned = (amount: string) => fact('storage.returned', { project: 'lab', amount, reason: 'deleted' });

describe('an account of 100 bytes', () => {
  const kept = given(
    account('/', { storage: 1_000 }),
    account('lab', { storage: 100 }),
    allowed('a', { storage: 60 }),
    completed('a', {}, output(40)),
  );

  it('an output in the payload store: counts its bytes, not the ceiling', () => {
    kept.when().balance('lab', 'storage', { spent: 40, held: 0, free: 60 });
    kept.when().balance('/', 'storage', { spent: 40 });
  });
  it('the same bytes stored by another call: count once', () =>
    given(
      account('lab', { storage: 100 }),
      allowed('a', { storage: 60 }),
      allowed('b', { storage: 40 }),
      completed('a', {}, output(40)),
    )
      .when(completed('b', { storage: 0 }, output(40)))
      .balance('lab', 'storage', { spent: 40, held: 0 }));
  it('expired or deleted: given back once, in every account', () => {
    const back = kept.when(removed, removed);
    back.balance('lab', 'storage', { spent: 0, free: 100 });
    back.balance('/', 'storage', { spent: 0, free: 1_000 });
  });
  it('full: a call that wants to keep more is refused', () =>
    kept.when(allowed('b', { storage: 61 })).thenRefused({ unit: 'storage', free: '60000000' }));
  it('an output of a tool that stated no storage: counts, and is no overrun', () => {
    const more = kept.when(allowed('b', {}), completed('zz', {}));
    more.then(reserved('b'));
    given(account('lab', { storage: 100 }), allowed('b', {}))
      .when(completed('b', {}, output(30)))
      .balance('lab', 'storage', { spent: 30, overrun: 0 });
  });
  it('storage elsewhere that the tool reports: counts beside the output, and is given back when somebody says so', () => {
    const elsewhere = given(account('lab', { storage: 100 }), allowed('a', { storage: 60 }));
    const both = elsewhere.when(completed('a', { storage: 25 }, output(30)));
    both.balance('lab', 'storage', { spent: 55, free: 45 });
    elsewhere
      .when(completed('a', { storage: 25 }, output(30)), returned('25000000'))
      .balance('lab', 'storage', { spent: 30 });
  });
  it('more given back than there is: the level is zero, not below', () =>
    kept.when(returned('999000000')).balance('lab', 'storage', { spent: 0, free: 100 }));
  it('more kept than was held: charged as overrun and told, and given back with the rest', () => {
    const over = given(account('lab', { storage: 100 }), allowed('a', { storage: 10 }));
    over.when(completed('a', {}, output(40))).then(adjusted('a', ['lab', { storage: 30 }]));
    over
      .when(completed('a', {}, output(40)), removed)
      .balance('lab', 'storage', { spent: 0, overrun: 0, free: 100 });
  });
});

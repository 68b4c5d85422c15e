/** Loans: what goes over a soft limit says why, is recorded or granted, and is repaid. Hard limits never bend. */
import { describe, expect, it } from 'vitest';
import type { OverdraftRule } from '@writ/contracts';
import {
  account,
  allowed,
  at,
  completed,
  decided,
  ended,
  fact,
  given,
  justified,
  recorded,
  released,
} from '../test/scenario.ts';

const lab = (overdraft: OverdraftRule, more: object = {}) =>
  account('lab', { usd: { hard: 10, soft: 0.8, overdraft, ...more } });
const granted = (id: string) =>
  fact('approval.granted', { invocation: id, argsDigest: 'sha256:00', by: ['eve'] });
const OVER = {
  account: 'lab',
  unit: 'usd',
  asked: '3000000',
  softLimit: '8000000',
  limit: '10000000',
  spent: '0',
  held: '6000000',
};

describe('an account with 8 of 10 USD below its soft limit, of which 6 are held', () => {
  const recording = given(lab('recorded'), allowed('a', { usd: 6 }));
  const escalating = given(
    lab('escalated', { approvers: ['deans'], expiresSeconds: 60 }),
    allowed('a', { usd: 6 }),
  );

  it('a call that stays below: is held without a word', () =>
    expect(recording.when(allowed('b', { usd: 2 })).got).toMatchObject([
      { type: 'budget.reserved', data: { invocation: 'b' } },
    ]));
  it('a call over it without a reason: refused, and told to attach a justification', () =>
    recording.when(allowed('b', { usd: 3 })).thenRefused({
      reason: 'justification-required',
      softLimit: '8000000',
      free: '4000000',
      detail: '3 usd asked of account lab, of whose soft limit of 8 6 are used: attach a justification',
    }));
  it('a call over it with a reason, where debts are recorded: is held as overdraft with the numbers', () =>
    expect(recording.when(justified('b', { usd: 3 })).got).toMatchObject([
      { type: 'budget.reserved', data: { invocation: 'b', overdraft: true, over: [OVER] } },
    ]));
  it('a call over the hard limit: refused, whatever it says', () =>
    recording.when(justified('b', { usd: 5 })).thenRefused({ reason: 'exhausted' }));
  it('where people are asked: escalated with hold, numbers, groups and a time', () => {
    const asked = escalating.when(justified('b', { usd: 3 }));
    const data = { invocation: 'b', justification: 'the last batch', over: [OVER] };
    const terms = { approvers: ['deans'], expiresAt: 61_000, argsDigest: 'sha256:00' };
    expect(asked.got).toMatchObject([{ type: 'budget.escalated', data: { ...data, ...terms } }]);
    asked.balance('lab', 'usd', { held: 9, free: 1, overdraft: 1 });
  });
  it('over two limits with stages: the groups of both are asked, the earlier first', () => {
    const asking = { hard: 10, soft: 0.8, overdraft: 'escalated' } as const;
    const limits = {
      usd: { ...asking, approvers: ['deans'], escalate: [{ afterSeconds: 20, approvers: ['rector'] }] },
      hours: { ...asking, approvers: ['ops'], escalate: [{ afterSeconds: 10, approvers: ['board'] }] },
    };
    expect(given(account('lab', limits)).when(justified('b', { usd: 9, hours: 9 })).got).toMatchObject([
      {
        data: {
          approvers: ['deans', 'ops'],
          escalate: [
            { afterSeconds: 10, approvers: ['board'] },
            { afterSeconds: 20, approvers: ['rector'] },
          ],
        },
      },
    ]);
  });
  it('granted: reserved as overdraft, and held once', () => {
    const yes = given(lab('escalated'), justified('b', { usd: 9 })).when(granted('b'), granted('b'));
    const holds = [{ account: 'lab', unit: 'usd', amount: '9000000' }];
    expect(yes.got).toMatchObject([
      { type: 'budget.reserved', data: { invocation: 'b', overdraft: true, holds } },
    ]);
    yes.balance('lab', 'usd', { held: 9 });
  });
  it('its grant read back: is held once', () => {
    const [reserved] = given(lab('escalated'), justified('b', { usd: 9 })).when(granted('b')).got;
    given(lab('escalated'), justified('b', { usd: 9 }), granted('b'))
      .when(recorded(reserved as never))
      .balance('lab', 'usd', { held: 9 });
  });
  it.each([
    ['approval.denied', 'denied'],
    ['approval.expired', 'expired'],
    ['invocation.cancelled', 'cancelled'],
  ])('%s: the hold is released as %s', (type, reason) =>
    given(lab('escalated'), justified('b', { usd: 9 }))
      .when(ended(type, 'b'), decided('deny', 'b', {}))
      .then(released('b', reason)),
  );
  it('granted and denied by the catalog in one commit: released, never reserved', () =>
    given(lab('escalated'), justified('b', { usd: 9 }))
      .when(granted('b'), decided('deny', 'b', {}))
      .then(released('b', 'denied')));
  it('a grant of a call that was not escalated: changes nothing', () => recording.when(granted('a')).then());
  it('needs people by a policy too: is escalated once, not also reserved', () => {
    const both = decided('require-approval', 'b', { usd: 9 }, 'lab', undefined, { justification: 'why' });
    expect(given(lab('escalated')).when(both).got).toMatchObject([{ type: 'budget.escalated' }]);
  });
});

describe('a debt', () => {
  const monthly = account('lab', { usd: { hard: 10, soft: 0.5, overdraft: 'recorded', per: 'month' } });
  const overdrawn = given(
    at('2026-07-01T00:00:00Z', monthly),
    at('2026-07-02T00:00:00Z', justified('a', { usd: 9 })),
    at('2026-07-02T00:00:00Z', completed('a', { usd: 9 })),
  );

  it('is repaid from the next window: that much less is free', () =>
    overdrawn
      .when()
      .balance('lab', 'usd', { debt: 4, spent: 0, free: 6 }, Date.parse('2026-08-01T00:00:00Z')));
  it('is repaid when the next window has taken it up', () =>
    overdrawn.when().balance('lab', 'usd', { debt: 0, free: 10 }, Date.parse('2026-09-01T00:00:00Z')));
  it('an overrun beyond a hard limit: is a debt too', () =>
    given(
      at('2026-07-01T00:00:00Z', account('lab', { usd: { hard: 10, per: 'day' } })),
      at('2026-07-01T00:00:00Z', allowed('a', { usd: 9 })),
      at('2026-07-01T00:00:00Z', completed('a', { usd: 13 })),
    )
      .when()
      .balance('lab', 'usd', { debt: 3, free: 7 }, Date.parse('2026-07-02T00:00:00Z')));
});

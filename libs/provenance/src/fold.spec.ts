/** Records by example: what the facts of one call add up to. */
import { describe, expect, it } from 'vitest';
import {
  ARGS,
  AT,
  completed,
  decided,
  dispatched,
  granted,
  ledgerOf,
  opened,
  recordOf,
  recordsOf,
  refused,
  rejected,
  released,
  requested,
  requestedWith,
  reserved,
  started,
  voted,
} from '../test/facts.ts';
import type { Said } from '../test/facts.ts';
import { stageOf, terminalFact } from './index.ts';
import { MAX_INPUTS_LENGTH, MAX_VOTES_KEPT } from './limits.ts';

const hold = reserved('a', ['/', 'usd', '5000000']);
const ran: readonly Said[] = [
  requested('a'),
  decided('a', 'allow'),
  hold,
  dispatched('a'),
  started('a'),
  completed('a'),
];

describe('a call on its way', () => {
  it.each([
    [1, 'requested'],
    [2, 'decided'],
    [3, 'queued'],
    [4, 'dispatched'],
    [5, 'running'],
    [6, 'succeeded'],
  ])('after %i facts: %s', (count, stage) => expect(stageOf(recordOf(...ran.slice(0, count)))).toBe(stage));

  it('completed: every step has its place in the ledger, and the terminal fact stands as it was written', () => {
    const record = recordOf(...ran);
    expect(record).toMatchObject({
      agent: 'alpha',
      firstSeq: 1,
      lastSeq: 6,
      asked: { seq: 1, tool: 'descriptors' },
    });
    expect(record.decided).toMatchObject([{ seq: 2, verdict: 'allow', argsDigest: ARGS }]);
    expect(record.hold).toMatchObject({ seq: 3, at: AT + 2_000 });
    expect(record.attempts).toMatchObject([{ seq: 4, executor: 'exec-1', started: { seq: 5 } }]);
    expect(record.ending).toMatchObject({ seq: 6, outcome: 'succeeded', type: 'execution.completed' });
    expect(record.ending?.data).toEqual(ran[5]?.data);
  });

  it('granted to two executors in turn: both attempts stay', () => {
    const record = recordOf(...ran.slice(0, 4), dispatched('a', 2, 'exec-2'), started('a', 2, 'exec-2'));
    expect(record.attempts.map(({ executor, started: when }) => [executor, when?.seq])).toEqual([
      ['exec-1', undefined],
      ['exec-2', 6],
    ]);
  });

  it('one of a step: its place in the waves', () => {
    const waves = [
      { calls: ['a', 'b'], parallel: true, resourceKeys: [] },
      { calls: ['c'], parallel: false, resourceKeys: [] },
    ];
    const planned: Said = {
      type: 'schedule.planned',
      data: { step: 'step-1', agent: 'alpha', waves },
      origin: 'schedule',
    };
    const records = recordsOf(ledgerOf(requested('a', 'b', 'c'), planned));
    expect(records.get('b')?.planned).toMatchObject({ wave: 1, waves: 2, parallel: true });
    expect(records.get('c')?.planned).toMatchObject({ wave: 2, waves: 2, parallel: false });
  });

  it('inputs too long to repeat: left to the ledger', () => {
    const calls = [
      { invocation: 'a', tool: 'descriptors', inputs: { text: 'x'.repeat(MAX_INPUTS_LENGTH) } },
    ] as never;
    expect(recordOf(requestedWith({ calls })).asked).toMatchObject({
      tool: 'descriptors',
      inputs: undefined,
    });
  });
});

describe('a call that needs approval', () => {
  const asked = [requested('a'), decided('a', 'require-approval'), hold, opened('a')];

  it('opened: it waits, and a vote is kept with its person', () => {
    const record = recordOf(...asked, voted('a', 'grace', 'approve'));
    expect(stageOf(record)).toBe('awaiting-approval');
    expect(record.approval?.votes).toMatchObject([{ person: 'grace', vote: 'approve', reason: 'seen' }]);
  });

  it('granted: it goes on with both verdicts in its record', () => {
    const record = recordOf(
      ...asked,
      voted('a', 'grace', 'approve'),
      granted('a', 'grace'),
      decided('a', 'allow'),
    );
    expect(record.approval?.closed).toMatchObject({ result: 'granted', persons: ['grace'] });
    expect(record.decided.map(({ verdict }) => verdict)).toEqual(['require-approval', 'allow']);
    expect(stageOf(record)).toBe('queued');
  });

  it('denied after the hold: it ends denied and what was held is free again', () => {
    const record = recordOf(...asked, decided('a', 'deny'), released('a'));
    expect(record.ending?.outcome).toBe('denied');
    expect(record.hold?.released).toMatchObject({ seq: 6, reason: 'denied' });
  });

  it('more votes than anyone needs: counted, not kept', () => {
    const votes = Array.from({ length: MAX_VOTES_KEPT + 3 }, () => voted('a', 'mallory', 'approve'));
    expect(recordOf(...asked, ...votes).approval).toMatchObject({ votesOmitted: 3 });
  });

  it('a vote on what nobody opened: no trace', () =>
    expect(recordOf(requested('a'), voted('a', 'mallory', 'approve')).approval).toBeUndefined());
});

describe('a call that ended', () => {
  it.each<[Said, string]>([
    [decided('a', 'deny'), 'denied'],
    [refused('a'), 'refused'],
    [rejected('a', 'invalid-inputs'), 'rejected'],
    [
      { type: 'schedule.refused', data: { invocation: 'a', reason: 'deadline' }, origin: 'schedule' },
      'expired',
    ],
    [
      {
        type: 'schedule.refused',
        data: { invocation: 'a', reason: 'breaker-open' },
        origin: 'schedule',
      },
      'refused',
    ],
    [{ type: 'invocation.cancelled', data: { invocation: 'a' }, origin: 'schedule' }, 'cancelled'],
    [completed('a', {}, 'timed-out'), 'timed-out'],
  ])('%j: %s', (fact, outcome) => expect(recordOf(requested('a'), fact).ending?.outcome).toBe(outcome));

  it('a second terminal fact: the first stands, the second is a breach for everyone to see', () => {
    const record = recordOf(...ran, {
      type: 'invocation.cancelled',
      data: { invocation: 'a' },
      origin: 'schedule',
    });
    expect(record.ending?.outcome).toBe('succeeded');
    expect(record.breaches).toMatchObject([{ seq: 7, type: 'invocation.cancelled' }]);
  });

  it('asked for again: counted, nothing else changes', () =>
    expect(recordOf(...ran, requested('a'))).toMatchObject({ repeats: 1, breaches: [], ending: { seq: 6 } }));

  it('asked for again and decided anew, long after: a call of its own beside the finished one', () => {
    const again = recordOf(...ran, requested('a'), decided('a', 'deny'));
    expect(again).toMatchObject({
      firstSeq: 1,
      asked: { seq: 7 },
      ending: { seq: 8, outcome: 'denied' },
      breaches: [],
    });
    expect(again.earlier).toMatchObject([{ asked: { seq: 1 }, ending: { seq: 6, outcome: 'succeeded' } }]);
  });
});

describe('a rejection', () => {
  it('of a repeated id with other arguments: does not end the living call', () => {
    expect(recordOf(requested('a'), rejected('a', 'duplicate-id')).ending).toBeUndefined();
    expect(terminalFact(ledgerOf(rejected('a', 'duplicate-id'))[0]!)).toBeUndefined();
  });

  it('of an unreadable message that names a living call: does not end that call', () =>
    expect(recordOf(requested('a'), rejected('a', 'malformed')).ending).toBeUndefined());

  it('of a decided call: does not end it', () =>
    expect(
      recordOf(requested('a'), decided('a', 'allow'), rejected('a', 'digest-mismatch')).ending,
    ).toBeUndefined());

  it('of a message so broken that only its id could be read: a record without a request', () =>
    expect(recordOf(rejected('a', 'malformed'))).toMatchObject({
      asked: undefined,
      ending: { outcome: 'rejected' },
    }));
});

describe('facts about an invocation that nobody asked for', () => {
  it('make no record', () =>
    expect(recordsOf(ledgerOf(voted('x', 'mallory', 'deny'), hold, dispatched('y'))).size).toBe(0));
});

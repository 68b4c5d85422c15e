/** From the request to the grant: what a call waits for, in which order calls run, and how they end before they run. */
import { describe, expect, it } from 'vitest';
import type { ExecutorId, SessionId, TenantId } from '@writ/contracts';
import {
  AGENT,
  TENANT,
  allowed,
  asked,
  cleared,
  completed,
  decided,
  fact,
  reserved,
  tool,
} from '../test/facts.ts';
import { cancelled, dispatched, executor, given, offering, refused, settle } from '../test/scenario.ts';
import { openGrants, scheduler } from './index.ts';

const READ = tool('read', { class: 'READ_ONLY', keys: ['file:{args.path}'] });
const WRITE = tool('write', { class: 'LOCAL_WRITE' });
const ONE = offering(executor(1));
const TEN = offering(executor(10));
const cancel = (invocation: string, origin = AGENT) =>
  fact('tool.cancel-requested', { invocation, reason: 'not needed' }, { origin });

describe('a call', () => {
  const alone = given(READ, asked(['a']));

  it('that is not decided: waits', () => alone.when(TEN).then());
  it('that is allowed and not paid for: waits', () => alone.when(allowed('a'), TEN).then());
  it('that is paid for and waits for approval: waits', () =>
    alone.when(decided('a', 'require-approval'), reserved('a'), TEN).then());
  it('that is paid for first and allowed then: is granted', () =>
    alone.when(reserved('a'), allowed('a'), TEN).then(dispatched('a')));
  it('that is allowed and paid for: is granted once', () => {
    alone.when(cleared('a'), TEN).then(dispatched('a'));
    alone.when(cleared('a'), TEN, TEN).then();
  });
  it('that has ended: is not granted, and a repeated request brings nothing back', () => {
    const ended = alone.when(cleared('a'), TEN, completed('a'));
    ended.when(asked(['a']), cleared('a'), TEN).then();
    expect(
      ended
        .when(asked(['a']))
        .play()
        .state.tenants.get(TENANT as TenantId)?.calls.size,
    ).toBe(0);
  });
  it.each([
    ['denied', decided('a', 'deny')],
    ['refused by the budget', fact('budget.refused', { invocation: 'a', agent: AGENT })],
    ['rejected', fact('request.rejected', { invocation: 'a', agent: AGENT, reason: 'invalid-inputs' })],
    ['cancelled by policy', fact('invocation.cancelled', { invocation: 'a', agent: AGENT })],
  ])('that is %s: leaves nothing behind', (_, end) => {
    const { state } = alone.when(end).play();
    expect(state.tenants.get(TENANT as TenantId)?.calls.size).toBe(0);
    alone.when(end, cleared('a'), TEN).then();
  });
  it('whose id is used again for something else: is not ended by that rejection', () =>
    alone
      .when(fact('request.rejected', { invocation: 'a', agent: AGENT, reason: 'duplicate-id' }))
      .when(cleared('a'), TEN)
      .then(dispatched('a')));
  it('whose id another agent used in a broken message: is not ended by that rejection', () =>
    alone
      .when(fact('request.rejected', { invocation: 'a', agent: 'eve', reason: 'malformed' }))
      .when(cleared('a'), TEN)
      .then(dispatched('a')));
  it('whose id was named by a broken message before: is no new call', () => {
    const broken = fact('request.malformed', { invocation: 'a', reason: 'malformed', detail: '' });
    expect(
      given(READ, broken, asked(['a']))
        .play()
        .state.tenants.get(TENANT as TenantId)?.calls.size,
    ).toBe(0);
  });
  it('completed by another session, attempt or executor: stays granted', () => {
    const granted = alone.when(cleared('a'), TEN);
    for (const run of [{ session: 's2' }, { attempt: 2 }, { executor: 'e2' }]) {
      const { state } = granted.when(completed('a', run)).play();
      expect(openGrants(state, 'e1' as ExecutorId, 's1' as SessionId)).toHaveLength(1);
    }
  });
  it('of another tenant under the same id: is another call', () => {
    const other = { tenant: 'other' };
    given(READ, tool('read', {}, other), asked(['a']), asked(['a'], {}, { ...other, origin: AGENT }))
      .when(cleared('a'), allowed('a', 1, other), reserved('a', other), TEN)
      .then(dispatched('a'), dispatched('a', other));
  });
});

describe('a queue', () => {
  const three = given(
    READ,
    WRITE,
    asked(['later'], { priority: 'background' }),
    asked(['first']),
    asked([{ invocation: 'second', tool: 'write' }]),
    asked(['soon'], { priority: 'urgent' }),
    asked(['sooner'], { priority: 99 }),
  );

  it('of several urgencies: urgency goes first, then who asked first, whoever was paid first', () =>
    three
      .when(cleared('second', 'later', 'first', 'soon', 'sooner'), TEN)
      .then(...['sooner', 'soon', 'first', 'second', 'later'].map((id) => dispatched(id))));
  it('and one free slot: one call is granted, the next when it has ended', () => {
    const one = three.when(cleared('second', 'first'), ONE);
    one.then(dispatched('first'));
    one.when(ONE).then();
    one.when(completed('first'), ONE).then(dispatched('second'));
  });
  it('and two executors: they take turns', () =>
    three
      .when(cleared('first', 'second'), offering(executor(2), executor(2, { executor: 'e2' })))
      .then(dispatched('first'), dispatched('second', { executor: 'e2' })));
  it('and the same executor offered twice: its slots count once', () =>
    three.when(cleared('first', 'second'), offering(executor(1), executor(1))).then(dispatched('first')));
  it('of another pool than the executor: waits, and blocks nobody', () =>
    given(READ, tool('big', { pool: 'gpu' }), asked([{ invocation: 'a', tool: 'big' }]), asked(['b']))
      .when(cleared('a', 'b'), TEN)
      .then(dispatched('b')));
  it('of two pools: each goes to its executor', () =>
    given(READ, tool('big', { pool: 'gpu' }), asked([{ invocation: 'a', tool: 'big' }]), asked(['b']))
      .when(cleared('a', 'b'), offering(executor(1), executor(1, { executor: 'g1', pool: 'gpu' })))
      .then(dispatched('b'), dispatched('a', { executor: 'g1' })));
  it('of 300 calls and free slots for all: is granted in answers of at most 256', () => {
    const ids = Array.from({ length: 300 }, (_, index) => `call-${index}`);
    const state = scheduler.initial();
    for (const one of [READ, ...ids.flatMap((id) => [asked([id]), ...cleared(id)])])
      scheduler.evolve(state, one);
    const offer = offering(executor(1_000));
    expect(scheduler.react(state, 0, offer)).toEqual(ids.slice(0, 256).map((id) => dispatched(id)));
    expect(settle(state, 0, offer)).toHaveLength(300);
  });
  it('of one call and a thousand free executors: is granted after a look at two of them at most', () => {
    let looks = 0;
    const thousand = Array.from({ length: 1_000 }, (_, index) => executor(4, { executor: `e${index}` }));
    const counted = new Proxy(thousand, {
      get: (all, key) => {
        if (typeof key === 'string' && /^\d+$/.test(key)) looks++;
        return Reflect.get(all, key) as unknown;
      },
    });
    const { state } = given(READ, asked(['a']), cleared('a')).play();
    expect(settle(state, 0, { ...TEN, executors: counted })).toHaveLength(1);
    expect(looks).toBeLessThanOrEqual(2);
  });
});

describe('ten calls of a tool and three executors', () => {
  const ids = Array.from({ length: 10 }, (_, index) => `c${index}`);
  const offer = (slots: number) =>
    offering(...['e1', 'e2', 'e3'].map((name) => executor(slots, { executor: name })));
  /** Executors in the order of the grants, after one run of the tool that took so long. */
  const granted = (ms: number, slots: number) => {
    const { state } = given(READ, ...['before', ...ids].map((id) => asked([id])))
      .when(cleared('before'), ONE, completed('before', { ms }), cleared(...ids))
      .play();
    const facts = settle(state, 0, offer(slots)) as { readonly data: { readonly executor: string } }[];
    return facts.map(({ data }) => data.executor).join(' ');
  };

  it('that takes a second: take turns', () =>
    expect(granted(1_000, 20)).toBe('e2 e3 e1 e2 e3 e1 e2 e3 e1 e2'));
  it('that takes a millisecond: are given in bunches of eight', () =>
    expect(granted(1, 20)).toBe('e2 e2 e2 e2 e2 e2 e2 e2 e3 e3'));
  it('that takes a millisecond, and few free slots: in bunches of as many', () =>
    expect(granted(1, 3)).toBe('e2 e2 e2 e3 e3 e3 e1 e1 e1'));
});

describe('a step of a read, a read, a write and a read', () => {
  const read = (invocation: string, path: string) => ({ invocation, tool: 'read', inputs: { path } });
  const calls = [read('a', 'x'), read('b', 'y'), { invocation: 'w', tool: 'write' }, read('c', 'x')];
  const plan = {
    type: 'schedule.planned',
    tenant: TENANT,
    data: {
      step: 'step',
      agent: AGENT,
      waves: [
        { calls: ['a', 'b'], parallel: true, resourceKeys: ['file:x', 'file:y'] },
        { calls: ['w'], parallel: false, resourceKeys: ['write'] },
        { calls: ['c'], parallel: false, resourceKeys: ['file:x'] },
      ],
    },
  };
  const step = given(READ, WRITE, asked(calls));
  const ready = step.when(cleared('a', 'b', 'w', 'c'));

  it('just asked for: has its plan recorded, once', () => {
    step.then(plan);
    step.when(asked(calls)).then();
  });
  it('with all calls ready: the first wave is granted', () =>
    ready.when(TEN).then(dispatched('a'), dispatched('b')));
  it('with one call of the first wave ended: the second wave stays closed', () =>
    ready.when(TEN, completed('a'), TEN).then());
  it('with the first wave ended in whatever way: the second one opens', () => {
    ready.when(TEN, completed('b', {}, 'failed'), completed('a'), TEN).then(dispatched('w'));
    step
      .when(decided('a', 'deny'), fact('budget.refused', { invocation: 'b', agent: AGENT }))
      .when(cleared('w'), TEN)
      .then(dispatched('w'));
  });
  it('with a call that waits for approval: its siblings run, later waves wait', () => {
    const waiting = step.when(decided('a', 'require-approval'), reserved('a'), cleared('b', 'w', 'c'), TEN);
    waiting.then(dispatched('b'));
    waiting.when(completed('b'), TEN).then();
    waiting.when(completed('b'), decided('a', 'deny'), TEN).then(dispatched('w'));
  });
  it('with a whole wave denied: the one after it opens', () =>
    ready.when(TEN, completed('a'), completed('b'), decided('w', 'deny'), TEN).then(dispatched('c')));
  it('in a tenant whose parallel waves are switched off: one call at a time', () => {
    for (const tenant of [TENANT, '_cell']) {
      given(READ, WRITE, fact('scheduling.configured', { parallelEnabled: false }, { tenant }), asked(calls))
        .when(cleared('a', 'b', 'w', 'c'), TEN)
        .then(dispatched('a'));
    }
  });
  it('whose pool is switched off: one call at a time; another pool changes nothing', () => {
    const off = (pool: string) => fact('scheduling.configured', { parallelEnabled: false, pool });
    given(READ, WRITE, off('default'), asked(calls)).when(cleared('a', 'b'), TEN).then(dispatched('a'));
    given(READ, WRITE, off('gpu'), asked(calls)).then(plan);
  });
  it('of which some calls were asked for before: the others make the step', () =>
    given(READ, asked(['a']))
      .when(asked(['a', 'b']))
      .then());
  it('under a step id that is used again: is another step', () =>
    step.when(asked(['x', 'y'])).then(
      expect.objectContaining({
        data: {
          step: 'step',
          agent: AGENT,
          waves: [expect.objectContaining({ calls: ['x'] }), expect.anything()],
        },
      }),
    ));
  it('with keys too long for one commit: is planned one call at a time, under the names of its tools', () => {
    const long = Array.from({ length: 250 }, (_, index) =>
      read(`long-${index}`, `${index}${'x'.repeat(250)}`),
    );
    const { answers } = given(READ, asked(long)).play();
    expect(answers).toHaveLength(1);
    expect(answers[0]?.data).toMatchObject({ waves: { length: 250, 0: { resourceKeys: ['read'] } } });
    expect(JSON.stringify(answers).length).toBeLessThan(400_000);
  });
});

describe('a call with a deadline', () => {
  const deadline = '1970-01-01T00:00:10Z';
  const queued = given(READ, asked(['a'], { deadline }), cleared('a'));

  it('that is granted in time: runs, also beyond it', () => {
    queued.when(9_999, TEN).then(dispatched('a'));
    queued.when(9_999, TEN, 11_000).then();
  });
  it('that waits in the queue when it passes: is refused', () =>
    queued.when(10_000).then(refused('a', 'deadline')));
  it('that passes before an executor is offered: is refused, not granted', () =>
    given(READ, asked(['a'], { deadline }), 10_000, allowed('a'), TEN)
      .when(reserved('a'))
      .then(refused('a', 'deadline')));
  it('that is not decided yet: is not ours to end', () =>
    given(READ, asked(['a'], { deadline }))
      .when(10_000)
      .then());
  it('that holds later waves back: they open when it is refused', () =>
    given(READ, asked(['a', 'b'], { deadline }), cleared('a'))
      .when(10_000, allowed('b'))
      .then());
});

describe('a cancel request', () => {
  const one = given(READ, asked(['a']));

  it('for a queued call: ends it', () =>
    one.when(cleared('a'), cancel('a')).then(cancelled('a', 'not needed')));
  it('for a call whose earlier wave still runs: ends it', () =>
    given(READ, asked(['a', 'b']), cleared('a', 'b'), TEN, cancel('b')).then(cancelled('b', 'not needed')));
  it('of another agent: is ignored', () => one.when(cleared('a'), cancel('a', 'eve')).then());
  it('that policy decided without having seen: falls to us once the call is paid for', () => {
    one.when(cancel('a'), allowed('a')).then();
    one.when(cancel('a'), allowed('a'), reserved('a')).then(cancelled('a', 'not needed'));
  });
  it('for an undecided call: is left to policy', () => one.when(cancel('a')).then());
  it('for a granted call: is ignored', () => one.when(cleared('a'), TEN, cancel('a')).then());
});

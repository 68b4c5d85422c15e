/** Circuit breakers: what opens one, what an open one does to its tool's calls, and how it closes again. */
import { describe, expect, it } from 'vitest';
import type { TenantId } from '@writ/contracts';
import { TENANT, asked, breaker, cleared, completed, fenced, tool } from '../test/facts.ts';
import { dispatched, executor, given, offering, refused, silent, turnedOpen } from '../test/scenario.ts';
import { breakers } from './index.ts';

const TERMS = {
  failureRate: 0.5,
  window: 4,
  minimumCalls: 2,
  minimumExecutors: 1,
  openSeconds: 10,
  halfOpenPermits: 2,
};
const FREE = offering(executor(100));
const scope = 'tool:read';
const opened = (calls: number, failures: number, untilMs: number, executors = 1) =>
  turnedOpen({ scope, evidence: { calls, failures, executors }, untilMs });
const halfOpened = { type: 'breaker.half-opened', tenant: TENANT, data: { scope, permits: 2 } };
const ask = (...ids: string[]) => [...ids.map((id) => asked([id])), ...cleared(...ids)];
const watched = given(tool('read', { class: 'READ_ONLY' }), tool('calm'), breaker(TERMS));
const running = watched.when(ask('a', 'b', 'c', 'd', 'e'), FREE);
const open = running.when(1_000, completed('a', {}, 'failed'), completed('b', {}, 'timed-out'));

describe('a closed circuit', () => {
  it('with too few runs: stays closed, whatever their end', () =>
    running.when(completed('a', {}, 'failed')).then());
  it('with half of its runs failed: opens, with the evidence', () => {
    running.when(1_000, completed('a', {}, 'failed'), completed('b')).then(...opened(2, 1, 11_000));
    running.when(1_000, completed('b'), completed('a', {}, 'timed-out')).then(...opened(2, 1, 11_000));
  });
  it('with less than its share of failures: stays closed', () =>
    running.when(completed('a'), completed('b'), completed('c', {}, 'failed')).then());
  it('with failures that have left the window: stays closed', () =>
    watched
      .when(breaker({ ...TERMS, failureRate: 0.6, window: 2 }), ask('a', 'b', 'c', 'd'), FREE)
      .when(completed('a', {}, 'failed'), completed('b'), completed('c'), completed('d', {}, 'failed'))
      .then());
  it('with cancelled runs: does not count them', () =>
    running.when(completed('a', {}, 'cancelled'), completed('b', {}, 'cancelled')).then());
  it('with completions that close no grant: does not count them', () =>
    running
      .when(completed('a', { session: 's7' }, 'failed'), completed('zz', {}, 'failed'), completed('a'))
      .then());
  it('whose runs failed on one executor only: stays closed, because it may be the node', () => {
    const { minimumExecutors: _, ...terms } = TERMS;
    const two = watched
      .when(breaker(terms), ask('a', 'b', 'c'), offering(executor(2), executor(1, { executor: 'e2' })))
      .when(1_000, completed('a', {}, 'failed'), completed('c', {}, 'failed'));
    two.then();
    two.when(completed('b', { executor: 'e2' }, 'failed')).then(...opened(3, 3, 11_000, 2));
  });
  it('with slow runs: opens by their share, though they succeed', () => {
    const slow = { slowSeconds: 5, slowCallRate: 0.5 };
    const ran = (ms: number) => ({ startedAtMs: 0, endedAtMs: ms });
    watched
      .when(breaker({ ...TERMS, ...slow }), ask('a', 'b'), FREE)
      .when(completed('a', ran(5_000)), completed('b', ran(5_001)))
      .then(
        ...turnedOpen({
          scope,
          evidence: { calls: 2, failures: 0, executors: 0, slow: 1, slowExecutors: 1 },
          untilMs: 10_000,
        }),
      );
  });
  it('with runs that take long, of a tool that may: stays closed', () => {
    const hour = { startedAtMs: 0, endedAtMs: 3_600_000 };
    given(tool('read', { class: 'READ_ONLY', timeoutSeconds: 7_200 }), breaker(TERMS), ask('a', 'b'), FREE)
      .when(completed('a', hour), completed('b', hour))
      .then();
    running.when(completed('a', hour), completed('b', hour)).then(
      ...turnedOpen({
        scope,
        evidence: { calls: 2, failures: 0, executors: 0, slow: 2, slowExecutors: 1 },
        untilMs: 10_000,
      }),
    );
  });
  it('with a window of seconds: forgets what is older', () => {
    const timed = watched.when(breaker({ ...TERMS, windowSeconds: 10 }), ask('a', 'b', 'c', 'd'), FREE);
    const failed = (id: string, at: number) => ({ ...completed(id, {}, 'failed'), at });
    timed.when(failed('a', 1_000), failed('b', 11_000)).then();
    timed.when(failed('a', 1_500), failed('b', 10_999)).then(...opened(2, 2, 10_000));
    timed.when(failed('a', 1_000), failed('b', 20_000), failed('c', 20_500)).then(...opened(2, 2, 10_000));
  });
  it('whose tool failed on two executors: says so', () =>
    watched
      .when(ask('a', 'b'), offering(executor(1), executor(1, { executor: 'e2' })))
      .when(completed('a', {}, 'failed'), completed('b', { executor: 'e2' }, 'failed'))
      .then(...opened(2, 2, 10_000, 2)));
  it('that asks for more runs than its window holds: is judged by a full window', () =>
    watched
      .when(breaker({ ...TERMS, window: 2, minimumCalls: 100 }), ask('a', 'b'), FREE)
      .when(completed('a', {}, 'failed'), completed('b', {}, 'failed'))
      .then(...opened(2, 2, 10_000)));
  it('whose terms become stricter: opens on what it has seen', () =>
    running
      .when(breaker({ ...TERMS, failureRate: 1, window: 100 }), completed('a', {}, 'failed'), completed('b'))
      .when(breaker(TERMS))
      .then(...opened(2, 1, 10_000)));
  it('of the same tool in another tenant, and of another tool: are not touched', () => {
    const { state } = open.play();
    expect(breakers(state, TENANT as TenantId)).toEqual([
      { scope: 'tool:calm', status: 'closed', calls: 0, failures: 0, executors: 0 },
      { scope, status: 'open', calls: 2, failures: 2, executors: 1, untilMs: 11_000 },
    ]);
    open.when(asked([{ invocation: 'x', tool: 'calm' }]), cleared('x'), FREE).then(dispatched('x'));
  });
});

describe('an open circuit', () => {
  it('refuses ready calls of its tool and says when to ask again', () =>
    open.when(ask('x')).then(refused('x', 'breaker-open', { retryAtMs: 11_000 })));
  it('refuses those that were queued before it opened, in their order', () => {
    const queued = watched.when(ask('a', 'b'), FREE, ask('x', 'y', 'z'));
    queued
      .when(completed('a', {}, 'failed'), completed('b', {}, 'failed'))
      .then(
        ...opened(2, 2, 10_000),
        ...['x', 'y', 'z'].map((id) => refused(id, 'breaker-open', { retryAtMs: 10_000 })),
      );
  });
  it('does not count what ends while it is open', () =>
    open.when(completed('c', {}, 'failed'), completed('d')).then());
  it('is half open when its time is over, and not before', () => {
    open.when(10_999).then();
    open.when(11_000).then(halfOpened);
  });
});

describe('a half-open circuit', () => {
  const half = open.when(11_000);
  const probing = half.when(ask('x', 'y', 'z'), FREE);

  it('lets its permits through and keeps the others waiting', () => {
    probing.then(dispatched('x'), dispatched('y'));
    probing.when(FREE).then();
    probing.when(completed('x'), FREE).then();
  });
  it('whose probes all succeed: closes, and the queue moves again', () => {
    const closed = probing.when(completed('x'), completed('y'));
    closed.then({
      type: 'breaker.closed',
      tenant: TENANT,
      data: { scope, evidence: { calls: 2, failures: 0, executors: 0 } },
    });
    closed.when(FREE).then(dispatched('z'));
  });
  it('with one failed probe: opens again and refuses who waits', () =>
    probing
      .when(12_000, completed('x'), completed('y', {}, 'failed'))
      .then(...opened(2, 1, 22_000), refused('z', 'breaker-open', { retryAtMs: 22_000 })));
  it('with probes of which less than its share fail: closes', () => {
    const four = { ...TERMS, failureRate: 0.5, halfOpenPermits: 4 };
    const trial = watched
      .when(breaker(four), ask('a', 'b'), FREE)
      .when(1_000, completed('a', {}, 'failed'), completed('b', {}, 'failed'), 11_000)
      .when(ask('w', 'x', 'y', 'z'), FREE);
    const three = trial.when(completed('w', {}, 'failed'), completed('x'), completed('y'));
    three.then();
    three.when(completed('z')).then({
      type: 'breaker.closed',
      tenant: TENANT,
      data: { scope, evidence: { calls: 4, failures: 1, executors: 1 } },
    });
    trial.when(completed('w', {}, 'failed'), completed('x', {}, 'failed')).then(...opened(2, 2, 21_000));
  });
  it('does not judge by what was granted before it opened', () => {
    half.when(completed('c', {}, 'failed'), completed('d'), completed('e')).then();
  });
  it('does not judge by probes of an earlier round', () => {
    const second = probing.when(12_000, completed('x', {}, 'failed'), 22_000);
    second.then(halfOpened);
    second.when(completed('y', {}, 'failed')).then();
  });
  it('whose probe is cancelled: gives its permit to the next', () =>
    probing.when(completed('x', {}, 'cancelled'), FREE).then(dispatched('z')));
  it('whose probe is lost with its executor: the call is ready again, and needs a permit again', () =>
    half
      .when(['c', 'd', 'e'].map((id) => completed(id)))
      .when(
        ask('x', 'y', 'z'),
        offering(executor(9)),
        silent(),
        fenced(),
        offering(executor(9, { executor: 'e2' })),
      )
      .then(...['x', 'y'].map((id) => dispatched(id, { attempt: 2, executor: 'e2' }))));
});

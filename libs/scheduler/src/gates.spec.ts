/** The scopes of breakers: a tool for one tenant or for all, a pool, everything; and what several of them do together. */
import { describe, expect, it } from 'vitest';
import type { Fact, TenantId } from '@writ/contracts';
import { TENANT, allowed, asked, breaker, completed, fact, reserved, tool } from '../test/facts.ts';
import { dispatched, executor, given, offering, refused, turnedOpen } from '../test/scenario.ts';
import { breakers } from './index.ts';

const CELL = { tenant: '_cell' };
const OTHER = { tenant: 'other' };
const TERMS = { window: 4, minimumCalls: 2, openSeconds: 10, halfOpenPermits: 1 };
const FREE = offering(
  executor(50),
  executor(50, { executor: 'e2' }),
  executor(50, { executor: 'g1', pool: 'gpu' }),
);

/** Calls of a tool, ready to be granted. */
const ready = (ids: readonly string[], name = 'read', place: { tenant?: string } = {}) =>
  ids.flatMap((id) => [
    asked([{ invocation: id, tool: name }], {}, place),
    allowed(id, 1, place),
    reserved(id, place),
  ]);
const failed = (id: string, name: string, tenant = TENANT) =>
  completed(id, { executor: name, tenant }, 'failed');

const tools = given(
  tool('read', { class: 'READ_ONLY' }),
  tool('calm', { class: 'READ_ONLY' }),
  tool('train', { class: 'READ_ONLY', pool: 'gpu' }),
  tool('read', { class: 'READ_ONLY' }, OTHER),
);
/** Which executor of a pool gets a call is not of interest here. */
const ANYWHERE = { executor: expect.any(String) as string };
const evidence = (executors: number) => ({ calls: 2, failures: 2, executors });

describe('a tool watched over all tenants', () => {
  const watched = tools.when(breaker(TERMS, CELL));
  const running = watched.when(ready(['a']), ready(['b'], 'read', OTHER), FREE);
  const open = running.when(1_000, failed('a', 'e1'), failed('b', 'e2', 'other'));

  it('that fails for two tenants: opens for the whole cell', () =>
    open.then(...turnedOpen({ scope: 'tool:read', evidence: evidence(2), untilMs: 11_000 }, '_cell')));
  it('open: refuses the calls of every tenant, and of that tool only', () => {
    const busy = open.when(ready(['x']), ready(['y'], 'read', OTHER));
    busy.then(refused('y', 'breaker-open', { retryAtMs: 11_000 }, 'other'));
    open.when(ready(['x'])).then(refused('x', 'breaker-open', { retryAtMs: 11_000 }));
    open.when(ready(['c'], 'calm'), FREE).then(dispatched('c'));
  });
  it('half open: lets one probe through in the cell, whoever asks', () =>
    open
      .when(11_000)
      .when(ready(['x']), ready(['y'], 'read', OTHER), FREE)
      .then(dispatched('x')));
});

describe('a pool', () => {
  const watched = tools.when(breaker({ pool: 'gpu', ...TERMS }));

  it('with one bad node: opens on that alone', () =>
    watched
      .when(ready(['a', 'b'], 'train'), FREE)
      .when(1_000, failed('a', 'g1'), failed('b', 'g1'))
      .then(...turnedOpen({ scope: 'pool:gpu', evidence: evidence(1), untilMs: 11_000 })));
  it('open: refuses what would run there and nothing else', () => {
    const open = watched.when(ready(['a', 'b'], 'train'), FREE).when(failed('a', 'g1'), failed('b', 'g1'));
    open.when(ready(['x'], 'train')).then(refused('x', 'breaker-open', { retryAtMs: 10_000 }));
    open.when(ready(['y']), FREE).then(dispatched('y', ANYWHERE));
  });
  it('of another name: is not touched', () =>
    watched
      .when(ready(['a', 'b']), FREE)
      .when(failed('a', 'e1'), failed('b', 'e2'))
      .then());
});

describe('everything', () => {
  const watched = tools.when(breaker({ everything: true, ...TERMS }));
  const open = watched
    .when(ready(['a']), ready(['b'], 'train'), FREE)
    .when(1_000, failed('a', 'e1'), failed('b', 'g1'));

  it('of a tenant that fails anywhere: opens for all of its tools and not for other tenants', () => {
    open.then(...turnedOpen({ scope: 'all', evidence: evidence(2), untilMs: 11_000 }));
    open.when(ready(['x'], 'calm')).then(refused('x', 'breaker-open', { retryAtMs: 11_000 }));
    open.when(ready(['y'], 'read', OTHER), FREE).then(dispatched('y', { ...ANYWHERE, tenant: 'other' }));
  });
  it('half open: one probe over all pools; when it succeeds all queues move again', () => {
    const trial = open.when(11_000).when(ready(['x']), ready(['y'], 'train'), ready(['z'], 'calm'), FREE);
    const [probe, ...others] = trial.play().answers as Fact<'schedule.dispatched'>[];
    expect(others).toEqual([]);
    const { invocation = '', executor: node = '' } = probe?.data ?? {};
    const closed = trial.when(completed(invocation, { executor: node }));
    closed.then({
      type: 'breaker.closed',
      tenant: TENANT,
      data: { scope: 'all', evidence: { calls: 1, failures: 0, executors: 0 } },
    });
    expect(closed.when(FREE).play().answers).toHaveLength(2);
  });
});

describe('several breakers before one queue', () => {
  const both = tools.when(
    breaker({ ...TERMS, minimumExecutors: 1 }),
    breaker({ everything: true, ...TERMS }),
  );
  const open = both.when(ready(['a', 'b']), FREE).when(1_000, failed('a', 'e1'), failed('b', 'e2'));

  it('that both open: the call is told when the last of them is tried again', () => {
    const longer = open.when(breaker({ everything: true, ...TERMS, openSeconds: 60 }), ready(['x']));
    longer.then(refused('x', 'breaker-open', { retryAtMs: 11_000 }));
  });
  it('that are both half open: a probe takes a permit of each', () => {
    const trial = open.when(11_000).when(ready(['x', 'y']), FREE);
    trial.then(dispatched('x'));
    const { answers } = trial.when(completed('x')).play();
    expect(answers.map(({ type }) => type)).toEqual(['breaker.closed', 'breaker.closed']);
  });
  it('of which one still waits for its probe: the call waits', () =>
    open
      .when(breaker({ everything: true, ...TERMS, halfOpenPermits: 2 }), 11_000)
      .when(ready(['x', 'y']), FREE)
      .then(dispatched('x')));
});

describe('terms that are withdrawn', () => {
  const retire = (scope: string, place = {}) => fact('breaker.retired', { scope }, place);
  const open = tools
    .when(breaker({ everything: true, ...TERMS }), ready(['a', 'b']), FREE)
    .when(failed('a', 'e1'), failed('b', 'e2'));

  it('of everything, while it is open: calls pass again and nothing is counted', () => {
    open.when(retire('all'), ready(['x']), FREE).then(dispatched('x'));
    expect(
      breakers(open.when(retire('all')).play().state, TENANT as TenantId).map(({ scope }) => scope),
    ).toEqual(['tool:calm', 'tool:read', 'tool:train']);
  });
  it('of a tool: the defaults hold again, and an open circuit keeps its time', () => {
    const closed = tools
      .when(breaker({ ...TERMS, minimumExecutors: 1 }), ready(['a', 'b']), FREE)
      .when(failed('a', 'e1'), failed('b', 'e2'));
    closed.when(retire('tool:read'), ready(['x'])).then(refused('x', 'breaker-open', { retryAtMs: 10_000 }));
  });
});

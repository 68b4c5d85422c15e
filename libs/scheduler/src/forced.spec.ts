/** What operators make of circuits: open, paused, closed, metrics only; for a time, with a reason, in any scope. */
import { describe, expect, it } from 'vitest';
import type { TenantId } from '@writ/contracts';
import { TENANT, asked, breaker, cleared, completed, forced, released, tool } from '../test/facts.ts';
import { dispatched, executor, given, offering, refused, turnedOpen } from '../test/scenario.ts';
import { breakers, runningCalls } from './index.ts';

const TERMS = { window: 4, minimumCalls: 2, minimumExecutors: 1, openSeconds: 10, halfOpenPermits: 1 };
const FREE = offering(executor(50));
const ask = (...ids: string[]) => [...ids.map((id) => asked([id])), ...cleared(...ids)];
const ACME = TENANT as TenantId;
const CELL = { tenant: '_cell' };
const expired = (mode: string, scope = 'tool:read', tenant = TENANT) => ({
  type: 'breaker.force-expired',
  tenant,
  data: { scope, mode },
});
const tools = given(tool('read', { class: 'READ_ONLY' }), breaker(TERMS));
const running = tools.when(ask('a', 'b', 'c', 'd'), FREE);
const open = running.when(1_000, completed('a', {}, 'failed'), completed('b', {}, 'failed'));

describe('a circuit forced open', () => {
  const shut = tools.when(forced('tool:read', 'open', 60));

  it('refuses calls, and says until when and why', () => {
    const { answers } = shut.when(ask('x')).play();
    shut.when(ask('x')).then(refused('x', 'breaker-open', { retryAtMs: 60_000 }));
    expect(JSON.stringify(answers)).toContain('a drill');
  });
  it('without an end: refuses without a time', () =>
    tools.when(forced('tool:read', 'open'), ask('x')).then(refused('x', 'breaker-open')));
  it('whose time is over: is what it was before', () => {
    shut.when(59_999).then();
    shut.when(60_000).then(expired('open'));
    shut.when(60_000, ask('x'), FREE).then(dispatched('x'));
  });
});

describe('a circuit that is paused', () => {
  const paused = running.when(forced('all', 'paused'));

  it('lets calls wait, and gives them when it is released', () => {
    paused.when(ask('x', 'y'), FREE).then();
    paused.when(ask('x', 'y'), FREE).when(released('all'), FREE).then(dispatched('x'), dispatched('y'));
  });
  it('tells which calls still run until they have stopped', () => {
    const ids = (scenario: typeof paused) =>
      runningCalls(scenario.play().state, ACME, 'all').map(({ invocation }) => invocation);
    expect(ids(paused)).toEqual(['a', 'b', 'c', 'd']);
    expect(ids(paused.when(completed('b'), completed('a')))).toEqual(['c', 'd']);
  });
  it('does not count what ends meanwhile', () =>
    paused
      .when(forced('tool:read', 'paused'), completed('a', {}, 'failed'), completed('b', {}, 'failed'))
      .then());
  it('refuses who waits past a deadline', () => {
    const late = paused.when(asked(['x'], { deadline: new Date(5_000).toISOString() }), cleared('x'));
    late.then();
    late.when(5_000).then(refused('x', 'deadline'));
  });
  it('in the whole cell: holds every tenant', () => {
    const other = { tenant: 'other' };
    const cell = given(tool('read', {}, other), tool('read'), forced('all', 'paused', undefined, CELL));
    cell.when(ask('x'), FREE).then();
    cell.when(ask('x'), released('all', CELL), FREE).then(dispatched('x'));
  });
});

describe('a circuit forced closed', () => {
  it('that is open beneath: lets calls through, does not count them, and goes on when released', () => {
    const through = open.when(forced('tool:read', 'closed', 60), ask('x', 'y'), FREE);
    through.then(dispatched('x'), dispatched('y'));
    through.when(completed('x', {}, 'failed'), completed('y', {}, 'failed')).then();
    through
      .when(2_000, released('tool:read'), ask('z'))
      .then(refused('z', 'breaker-open', { retryAtMs: 11_000 }));
  });
  it('past the time of the open circuit beneath: is half open when released', () =>
    open
      .when(forced('tool:read', 'closed', 60), 20_000)
      .when(released('tool:read'))
      .then({ type: 'breaker.half-opened', tenant: TENANT, data: { scope: 'tool:read', permits: 1 } }));
});

describe('a circuit with metrics only', () => {
  const watched = running.when(forced('tool:read', 'metrics-only', 60));
  const seen = watched.when(completed('a', {}, 'failed'), completed('b', {}, 'failed'));

  it('counts and does not open', () => {
    seen.then();
    expect(breakers(seen.play().state, ACME)).toEqual([
      {
        scope: 'tool:read',
        status: 'closed',
        calls: 2,
        failures: 2,
        executors: 1,
        forced: { mode: 'metrics-only', reason: 'a drill', untilMs: 60_000 },
      },
    ]);
    seen.when(ask('x'), FREE).then(dispatched('x'));
  });
  it('whose time is over: opens on what it has seen', () =>
    seen.when(60_000).then(
      expired('metrics-only'),
      ...turnedOpen({
        scope: 'tool:read',
        evidence: { calls: 2, failures: 2, executors: 1 },
        untilMs: 70_000,
      }),
    ));
});

describe('a scope that was only forced', () => {
  it('released: is watched by nobody and shown no more', () => {
    const over = running.when(forced('pool:default', 'open', 5), released('pool:default'));
    over.when(completed('a', {}, 'failed')).then();
    expect(breakers(over.play().state, ACME).map(({ scope }) => scope)).toEqual(['tool:read']);
  });
  it('forced again before its time is over: only the later time counts', () => {
    const twice = tools.when(forced('tool:read', 'open', 5), forced('tool:read', 'paused', 9, { at: 1_000 }));
    twice.when(9_999).then();
    twice.when(10_000).then(expired('paused'));
  });
});

describe('calls of a lost executor', () => {
  it('of which nobody knows whether they ran: are told as lost', () => {
    const { state } = given(tool('read', { class: 'DESTRUCTIVE' }), ask('a'), FREE).play();
    expect(runningCalls(state, ACME, 'tool:read')).toMatchObject([{ invocation: 'a', status: 'running' }]);
    expect(runningCalls(state, ACME, 'tool:calm')).toEqual([]);
    expect(runningCalls(state, '_cell' as TenantId, 'pool:default')).toHaveLength(1);
  });
});

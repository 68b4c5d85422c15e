/** What people are told about calls that wait. */
import { describe, expect, it } from 'vitest';
import type { InvocationId, TenantId, ToolName } from '@writ/contracts';
import {
  TENANT,
  allowed,
  asked,
  breaker,
  cleared,
  completed,
  decided,
  fact,
  reserved,
  tool,
} from '../test/facts.ts';
import { executor, given, offering } from '../test/scenario.ts';
import type { Scenario } from '../test/scenario.ts';
import { forecast, queue, why } from './index.ts';

const READ = tool('read', { class: 'READ_ONLY' });
const WRITE = tool('write', { class: 'LOCAL_WRITE', keys: ['k'] });
const ONE = offering(executor(1));
const SLOTS = new Map([['default', 1]]);
const at = (seq: number) => ({ seq });

function told(scenario: Scenario, id = 'a') {
  return why(scenario.play().state, TENANT as TenantId, id as InvocationId, SLOTS, 0);
}

function kinds(scenario: Scenario, id = 'a'): (string | number | undefined)[][] {
  return told(scenario, id)?.blockers.map(({ kind, seq }) => [kind, seq]) ?? [];
}

describe('a call', () => {
  const one = given(READ, WRITE, asked(['a'], {}, { seq: 10, origin: 'ada' }));

  it('that is not decided: waits for policy since its request', () =>
    expect(kinds(one)).toEqual([['policy', 10]]));
  it('that people are asked about: waits for them, and for the budget', () => {
    const asks = one.when({ ...decided('a', 'require-approval'), seq: 11 });
    expect(kinds(asks)).toEqual([
      ['approval', 11],
      ['budget', 11],
    ]);
    expect(kinds(asks.when(reserved('a', at(12))))).toEqual([['approval', 11]]);
  });
  it('that people are asked about because of its price: waits for them', () => {
    const opened = fact('approval.opened', { invocation: 'a' }, { seq: 12 });
    const asks = one.when(allowed('a', 1, at(11)), opened);
    expect(kinds(asks)).toEqual([
      ['approval', 12],
      ['budget', 12],
    ]);
  });
  it('that is allowed: waits for the budget', () =>
    expect(kinds(one.when(allowed('a', 1, at(11))))).toEqual([['budget', 11]]));
  it('that is paid for: waits for capacity', () => {
    const queued = one.when(allowed('a', 1, at(11)), reserved('a', at(12)));
    expect(kinds(queued)).toEqual([['capacity', 12]]);
    expect(told(queued)).toMatchObject({ status: 'ready', position: 0, expectedStartMs: 0 });
  });
  it('that runs: waits for nothing', () => expect(kinds(one.when(cleared('a'), ONE))).toEqual([]));
  it('that has ended: is not known any more', () =>
    expect(told(one.when(cleared('a'), ONE, completed('a')))).toBeUndefined());
  it('whose tool is paused: waits for its circuit before its place in the queue', () => {
    const force = fact('breaker.forced', { scope: 'tool:read', mode: 'paused', reason: 'a leak' }, at(7));
    const paused = one.when(breaker({}), force, cleared('a'));
    expect(kinds(paused).map(([kind]) => kind)).toEqual(['breaker', 'capacity']);
    expect(told(paused)?.blockers[0]).toMatchObject({ seq: 7, detail: expect.stringContaining('a leak') });
  });
  it('whose tool has failed too often: waits for its circuit since the run that opened it', () => {
    const runs = ['r1', 'r2'].flatMap((id) => [asked([id]), ...cleared(id)]);
    const failing = given(READ, breaker({ window: 2, minimumCalls: 2, minimumExecutors: 1 }), ...runs)
      .when(offering(executor(2)), { ...completed('r1', {}, 'failed'), seq: 20 })
      .when({ ...completed('r2', {}, 'failed'), seq: 21 }, asked(['a'], {}, { seq: 30, origin: 'ada' }));
    expect(kinds(failing)).toEqual([
      ['policy', 30],
      ['breaker', 21],
    ]);
  });
  it('with calls of its step before it: waits for them by name', () => {
    const step = given(
      WRITE,
      asked(['w1', 'w2'].map((id) => ({ invocation: id, tool: 'write' }))),
      cleared('w2'),
    );
    expect(kinds(step, 'w2')).toEqual([['wave', 1]]);
    expect(told(step, 'w2')?.blockers[0]?.detail).toContain('w1');
  });
  it('whose key another holds: names the key and the holder', () => {
    const calls = ['w1', 'w2'].flatMap((id) => [asked([{ invocation: id, tool: 'write' }]), ...cleared(id)]);
    const held = given(WRITE, ...calls, ONE);
    expect(told(held, 'w2')?.blockers).toEqual([
      { kind: 'lease', detail: 'call w1 holds the key "k"', seq: 1 },
    ]);
  });
  it('under a limit that is reached: is told which', () => {
    const limited = given(READ, fact('concurrency.defined', { limits: [{ project: 'default', most: 1 }] }));
    const full = limited.when(asked(['a']), asked(['b']), cleared('a', 'b'), ONE);
    expect(told(full, 'b')?.blockers[0]?.detail).toContain('project:default may run 1 at once');
  });
});

describe('the queue', () => {
  const ids = (project: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${project}${index}`);
  const all = ['p', 'q'].flatMap((project) =>
    ids(project, 3).flatMap((id) => [asked([id], { project }), ...cleared(id)]),
  );

  it('of two projects: places are given by turns, as grants are', () => {
    const calls = queue(given(READ, ...all).play().state, TENANT as TenantId, SLOTS, 0, 10);
    expect(calls.map(({ invocation, position }) => [invocation, position])).toEqual([
      ['p0', 0],
      ['q0', 1],
      ['p1', 2],
      ['q1', 3],
      ['p2', 4],
      ['q2', 5],
    ]);
    expect(calls.map(({ expectedStartMs }) => expectedStartMs)).toContain(300_000);
  });
  it('of two projects and a call in a hurry: that one is next, whosever turn it is', () => {
    const deadline = new Date(600_000).toISOString();
    const hurry = given(READ, ...all).when(asked(['hurry'], { project: 'q', deadline }), ...cleared('hurry'));
    const calls = queue(hurry.play().state, TENANT as TenantId, SLOTS, 0, 10);
    expect(calls.slice(0, 2).map(({ invocation, position }) => [invocation, position])).toEqual([
      ['p0', 0],
      ['hurry', 0],
    ]);
  });
  it('for a call that is not asked for yet: tells whether it would be in time', () => {
    const { state } = given(READ, ...all).play();
    const wish = { tool: 'read' as ToolName, project: 'new', priority: 'normal' as const };
    const ask = (deadlineMs: number) =>
      forecast(state, TENANT as TenantId, { ...wish, deadlineMs }, SLOTS, 0)?.answer;
    expect(ask(10_000)).toBe('unlikely');
    expect(ask(10_000_000)).toBe('likely');
    expect(forecast(state, TENANT as TenantId, { ...wish, priority: 'urgent' }, SLOTS, 0)?.ahead).toBe(0);
    expect(forecast(state, TENANT as TenantId, wish, new Map(), 0)?.answer).toBe('unknown');
    expect(
      forecast(state, TENANT as TenantId, { ...wish, tool: 'none' as ToolName }, SLOTS, 0),
    ).toBeUndefined();
  });
});

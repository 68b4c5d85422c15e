/** The published order: shares, ageing, slack, limits, and what a call is charged. */
import { describe, expect, it } from 'vitest';
import type { RecordedFact } from '@writ/contracts';
import { TENANT, allowed, asked, cleared, completed, fact, reserved, tool } from '../test/facts.ts';
import { dispatched, executor, given, offering, refused } from '../test/scenario.ts';

const READ = tool('read', { class: 'READ_ONLY' });
const ONE = offering(executor(1));
const TEN = offering(executor(10));

function shares(list: Readonly<Record<string, number>>, tenant = TENANT): RecordedFact {
  const all = Object.entries(list).map(([account, share]) => ({ account, share }));
  return fact('shares.defined', { shares: all }, { tenant });
}

function limits(...list: readonly object[]): RecordedFact {
  return fact('concurrency.defined', { limits: list });
}

/** Calls of a project that are ready. */
function of(project: string, ...ids: readonly string[]): RecordedFact[] {
  return ids.flatMap((id) => [asked([id], { project }), ...cleared(id)]);
}

describe('projects with calls of equal length', () => {
  const two = given(READ, ...of('a', 'a1', 'a2', 'a3', 'a4'), ...of('b', 'b1', 'b2', 'b3', 'b4'));
  const ids = (...names: readonly string[]) => names.map((id) => dispatched(id));

  it('and equal shares: take turns, although one asked first for everything', () =>
    two.when(TEN).then(...ids('a1', 'b1', 'a2', 'b2', 'a3', 'b3', 'a4', 'b4')));
  it('and shares of three to one: get three calls for one', () =>
    given(READ, shares({ a: 3 }), ...of('a', 'a1', 'a2', 'a3', 'a4'), ...of('b', 'b1', 'b2'))
      .when(TEN)
      .then(...ids('a1', 'b1', 'a2', 'a3', 'a4', 'b2')));
  it('and no share for one: it gets what the other leaves', () =>
    given(READ, shares({ a: 0 }), ...of('a', 'a1', 'a2'), ...of('b', 'b1', 'b2'))
      .when(TEN)
      .then(...ids('b1', 'b2', 'a1', 'a2')));
  it('of which one ran long: the other catches up', () =>
    given(READ, ...of('a', 'a1', 'a2'), ...of('b', 'b1', 'b2', 'b3'))
      .when(offering(executor(2)), completed('a1', { ms: 50_000 }), completed('b1', { ms: 1_000 }), TEN)
      .then(...ids('b2', 'b3', 'a2')));
  it('and one more urgent call: urgency goes before shares', () =>
    two
      .when(asked(['now'], { project: 'a', priority: 'urgent' }), cleared('now'), TEN)
      .then(...ids('now', 'b1', 'a1', 'b2', 'a2', 'b3', 'a3', 'b4', 'a4')));
  it('of two tenants whose shares the cell sets: tenants come before projects', () => {
    const other = { tenant: 'other' };
    const theirs = ['o1', 'o2', 'o3'].flatMap((id) => [
      asked([id], {}, other),
      allowed(id, 1, other),
      reserved(id, other),
    ]);
    given(READ, tool('read', { class: 'READ_ONLY' }, other), shares({ other: 2 }, '_cell'))
      .when(...of('a', 'a1', 'a2'), ...theirs, TEN)
      .then(
        dispatched('a1'),
        ...['o1', 'o2'].map((id) => dispatched(id, other)),
        // Two of the other tenant's are worth one of ours: even, and then the name decides.
        dispatched('a2'),
        dispatched('o3', other),
      );
  });
});

describe('a call that waits for ten minutes', () => {
  const late = { at: 600_000 };
  const background = given(READ, asked(['old'], { priority: 'background' }), cleared('old'));
  const urgent = ['u1', 'u2'].flatMap((id) => [
    asked([id], { priority: 'urgent' }, late),
    allowed(id, 1, late),
    reserved(id, late),
  ]);

  it('goes before more urgent ones of its campaign from the next grant on', () =>
    background
      .when(urgent, 600_000, offering(executor(10)))
      .then(dispatched('u1'), dispatched('old'), dispatched('u2')));
  it('not yet: waits behind them', () =>
    background.when(urgent, 599_000, TEN).then(...['u1', 'u2', 'old'].map((id) => dispatched(id))));
});

describe('a tool that is known to run for ten seconds', () => {
  const runs = Array.from({ length: 10 }, (_, index) => `r${index}`);
  const known = given(READ, ...runs.flatMap((id) => [asked([id]), ...cleared(id)]), TEN).when(
    runs.map((id) => completed(id, { ms: 10_000 })),
  );
  const due = (seconds: number) => ({ deadline: new Date(seconds * 1_000).toISOString() });

  it('and a deadline that leaves less: the call is refused with the numbers', () =>
    known
      .when(asked(['a'], due(9)), cleared('a'))
      .then(
        refused('a', 'deadline', { deadlineMs: 9_000, expectedRunMs: expect.closeTo(10_000, -4) as number }),
      ));
  it('and a deadline that leaves more: the call waits until it leaves too little', () => {
    const waits = known.when(asked(['a'], due(20)), cleared('a'));
    waits.when(5_000).then();
    waits.when(15_000).then(refused('a', 'deadline'));
  });
  it('and a call that asked to run late: runs', () =>
    known
      .when(asked(['a'], { ...due(9), whenLate: 'run' }), cleared('a'), 20_000, TEN)
      .then(dispatched('a')));
  it('and two deadlines: least slack goes first, and both before calls without one', () =>
    known
      .when(
        asked(['none']),
        asked(['loose'], due(90)),
        asked(['tight'], due(40)),
        cleared('none', 'loose', 'tight'),
      )
      .when(TEN)
      .then(...['tight', 'loose', 'none'].map((id) => dispatched(id))));
});

describe('a concurrency limit', () => {
  const three = [...of('a', 'a1', 'a2', 'a3'), ...of('b', 'b1')];

  it('of a project: holds its calls back and nobody else’s', () => {
    const limited = given(READ, limits({ project: 'a', most: 1 }), ...three, TEN);
    limited.then(dispatched('a1'), dispatched('b1'));
    limited.when(completed('a1'), TEN).then(dispatched('a2'));
  });
  it('of a tool: counts its calls of all projects', () =>
    given(READ, limits({ tool: 'read', most: 2 }), ...three, TEN).then(dispatched('a1'), dispatched('b1')));
  it('that is set while more run: lets none start until enough have ended', () => {
    const late = given(READ, ...three, offering(executor(2)), limits({ tool: 'read', most: 1 }), ONE);
    late.when(completed('a1'), TEN).then();
    late.when(completed('a1'), completed('b1'), TEN).then(dispatched('a2'));
  });
  it('that is taken back: lets all start', () =>
    given(READ, limits({ tool: 'read', most: 1 }), ...three, TEN, limits(), TEN).then(
      ...['b1', 'a2', 'a3'].map((id) => dispatched(id)),
    ));
});

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

describe('campaigns of a tenant that had ten runs of ten seconds for its default project', () => {
  const runs = Array.from({ length: 10 }, (_, index) => `r${index}`);
  const known = given(READ, ...runs.flatMap((id) => [asked([id]), ...cleared(id)]), TEN).when(
    runs.map((id) => completed(id, { ms: 10_000 })),
  );
  const call = (id: string, project: string, seconds?: number, rest: object = {}, place = {}) => [
    asked(
      [id],
      {
        project,
        ...(seconds === undefined ? {} : { deadline: new Date(seconds * 1_000).toISOString() }),
        ...rest,
      },
      place,
    ),
    allowed(id, 1, place),
    reserved(id, place),
  ];
  const order = (...ids: readonly string[]) => ids.map((id) => dispatched(id));

  it('and less slack there: it goes before the turn of the other', () =>
    known
      .when(...call('theirs', 'other', 90), ...call('ours', 'default', 40), TEN)
      .then(...order('ours', 'theirs')));
  it('and less slack there, but half of the other’s is used up: turns are kept', () =>
    known
      .when(...call('theirs', 'other', 90), ...call('ours', 'default', 70), 40_000, TEN)
      .then(...order('theirs', 'ours')));
  it('and a call without a deadline elsewhere: gives way for ten minutes', () => {
    const waits = known.when(...call('theirs', 'other'), ...call('ours', 'default', 900));
    waits.when(599_000, TEN).then(...order('ours', 'theirs'));
    waits.when(600_000, TEN).then(...order('theirs', 'ours'));
  });
  it('and a second tenant: keeps its turn, whoever is in a hurry', () => {
    const other = { tenant: 'other' };
    known
      .when(tool('read', { class: 'READ_ONLY' }, other), ...call('theirs', 'default', 900, {}, other))
      .when(...call('ours', 'default', 40), TEN)
      .then(dispatched('theirs', other), dispatched('ours'));
  });

  const late = { whenLate: 'run' };
  it('and a call that will be late but wants to run: goes after those that can be in time', () =>
    known
      .when(...call('late', 'default', 9, late), ...call('soon', 'default', 60), ...call('any', 'default'))
      .when(TEN)
      .then(...order('soon', 'late', 'any')));
  it('and one that becomes late while it waits: lets the others pass from then on', () => {
    const one = offering(executor(2));
    const full = known.when(...call('a', 'default', 20), ...call('b', 'default', 20), one);
    const waiting = full.when(...call('late', 'default', 25, late), ...call('soon', 'default', 60));
    waiting.when(10_000, completed('a'), one).then(...order('late'));
    waiting.when({ ...completed('a'), at: 20_000 }, 20_000, one).then(...order('soon'));
  });
  it('and one that was late for ten minutes: is overdue like any other', () =>
    known
      .when(...call('late', 'default', 9, { ...late, priority: 'background' }))
      .when(...call('soon', 'default', 900), ...call('now', 'default', 900), 600_000, TEN)
      .then(...order('soon', 'late', 'now')));
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

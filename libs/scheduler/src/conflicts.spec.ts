/** Mode `dag`: what waits for what, and what a step of it does when calls end in any way. */
import { describe, expect, it } from 'vitest';
import type { InvocationId } from '@writ/contracts';
import { asked, cleared, completed, decided, fact, tool } from '../test/facts.ts';
import { cancelled, dispatched, executor, given, offering } from '../test/scenario.ts';
import { scheduleGraph } from './index.ts';
import type { ToolRule, WaveCall } from './index.ts';

const RULES = new Map<string, ToolRule>(
  Object.entries({
    search: { class: 'READ_ONLY', keys: ['search:{args.q}'] },
    read: { class: 'read_only', keys: ['vault/{args.path}'] },
    write: { class: 'LOCAL_WRITE', keys: ['vault/{args.path}'] },
    web: { class: 'NETWORK' },
  }),
);

/** `0 1<0 2<0,1`: each call with what it waits for. */
function graph(calls: readonly (readonly [string, object?])[], parallelEnabled = true): string {
  const step = calls.map(([name, inputs = {}], index): WaveCall => {
    return { invocation: `${index}` as InvocationId, tool: name, inputs: inputs as WaveCall['inputs'] };
  });
  const { waves, after = [] } = scheduleGraph(step, RULES, { parallelEnabled });
  const order = waves.flatMap((wave) => wave.calls);
  const told = order.map((id, place) => [id, (after[place] ?? []).map((earlier) => order[earlier])] as const);
  return told
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([id, before]) => (before.length > 0 ? `${id}<${before.join(',')}` : id))
    .join(' ');
}

describe('the conflict graph of a step', () => {
  it('reads of different things: nobody waits', () =>
    expect(
      graph([
        ['search', { q: 1 }],
        ['search', { q: 2 }],
        ['read', { path: 'a' }],
      ]),
    ).toBe('0 1 2'));
  it('a write with declared keys: waits for what it overlaps, and no others', () =>
    expect(
      graph([
        ['read', { path: 'a' }],
        ['search', { q: 1 }],
        ['write', { path: 'a/b' }],
        ['read', { path: 'c' }],
      ]),
    ).toBe('0 1 2<0 3'));
  it('a read below what is written: waits, also three calls later', () =>
    expect(
      graph([
        ['write', { path: 'a' }],
        ['search', { q: 1 }],
        ['search', { q: 1 }],
        ['read', { path: 'a/b/c' }],
      ]),
    ).toBe('0 1 2<1 3<0'));
  it('a call with effects and without keys: waits for all, and all wait for it', () =>
    expect(graph([['search', { q: 1 }], ['web'], ['search', { q: 2 }]])).toBe('0 1<0 2<1'));
  it('keys that cannot be computed: as without keys', () =>
    expect(graph([['search', { q: 1 }], ['read'], ['search', { q: 2 }]])).toBe('0 1<0 2<1'));
  it('what follows from the rest: is left out', () =>
    expect(
      graph([
        ['read', { path: 'a' }],
        ['read', { path: 'a' }],
        ['read', { path: 'a' }],
      ]),
    ).toBe('0 1<0 2<1'));
  it('with parallel calls switched off: one after the other', () =>
    expect(
      graph(
        [
          ['search', { q: 1 }],
          ['search', { q: 2 }],
        ],
        false,
      ),
    ).toBe('0 1<0'));
});

describe('a step planned as a graph', () => {
  const FREE = offering(executor(50));
  const inputs = (name: string, path: string, id: string) => ({
    invocation: id,
    tool: name,
    inputs: { path },
  });
  const step = (plan: string) =>
    given(
      tool('read', { class: 'READ_ONLY', keys: ['vault/{args.path}'] }),
      tool('write', { class: 'LOCAL_WRITE', keys: ['vault/{args.path}'] }),
    ).when(
      asked(
        [
          inputs('write', 'a', 'w'),
          inputs('read', 'a', 'x'),
          inputs('read', 'a', 'y'),
          inputs('read', 'b', 'z'),
        ],
        {
          plan,
        },
      ),
    );
  const running = step('dag').when(cleared('w', 'x', 'y', 'z'), FREE);

  it('gives every call whose way is free, and the next when what it waits for has ended', () => {
    running.then(dispatched('w'), dispatched('z'));
    running.when(completed('w'), FREE).then(dispatched('x'));
    running.when(completed('w'), FREE, completed('x'), FREE).then(dispatched('y'));
  });
  it('in waves: gives fewer at once', () =>
    step('waves')
      .when(cleared('w', 'x', 'y', 'z'), FREE)
      .then(dispatched('w')));
  it('whose call in the middle is cancelled: who waited for it waits for what it waited for', () => {
    const cut = running.when(fact('tool.cancel-requested', { invocation: 'x' }, { origin: 'ada' }));
    cut.then(cancelled('x'));
    cut.when(FREE).then();
    cut.when(completed('w'), FREE).then(dispatched('y'));
  });
  it('whose first call is denied before the plan is adopted: goes on without it', () =>
    step('dag')
      .when(decided('w', 'deny'), cleared('x', 'y', 'z'), FREE)
      .then(dispatched('x'), dispatched('z')));
  it('of a tenant whose catalog says so: needs not say it', () => {
    const plan = (tenant: string, mode: string) =>
      fact('scheduling.configured', { parallelEnabled: true, plan: mode }, { tenant });
    const calls = asked([inputs('write', 'a', 'w'), inputs('read', 'b', 'z')]);
    const tools = given(
      tool('read', { class: 'READ_ONLY', keys: ['vault/{args.path}'] }),
      tool('write', { class: 'LOCAL_WRITE', keys: ['vault/{args.path}'] }),
    );
    const both = [dispatched('w'), dispatched('z')];
    tools.when(plan('acme', 'dag'), calls, cleared('w', 'z'), FREE).then(...both);
    tools.when(plan('_cell', 'dag'), calls, cleared('w', 'z'), FREE).then(...both);
    tools.when(plan('_cell', 'dag'), plan('acme', 'waves'), calls, cleared('w', 'z'), FREE).then(both[0]);
  });
  it('in a cell where parallel calls are switched off: one after the other', () =>
    given(fact('scheduling.configured', { parallelEnabled: false }, { tenant: '_cell' }), tool('read'))
      .when(asked([inputs('read', 'a', 'x'), inputs('read', 'b', 'y')], { plan: 'dag' }))
      .when(cleared('x', 'y'), FREE)
      .then(dispatched('x')));
});

import { RunOutcome } from '@writ/contracts';
import type { WorkflowSpecInput } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { World, rulesOf } from '../test/scenario.ts';

const node = (
  name: string,
  type: string,
  tools: string[],
  sla: object = {},
): WorkflowSpecInput['nodes'][number] =>
  ({ name, type, tools, sla: { maxRetries: 5, ...sla } }) as unknown as WorkflowSpecInput['nodes'][number];

/** One node of each kind, all open at once, and a place that a decision can lead to. */
const ALL: WorkflowSpecInput = {
  name: 'all',
  nodes: [
    node('decide', 'decision', ['get_price', 'conditional_gate', 'boolean_gate']),
    node('fetch', 'data', ['get_price', 'get_news'], { freshnessSeconds: 60 }),
    node('act', 'executor', ['place_order', 'get_price'], { maxToolCalls: 3 }),
    node('strict', 'agent', [], {
      requiredTools: ['get_price', 'get_news'],
      forbiddenTools: ['purge'],
      minToolCalls: 3,
      timeoutSeconds: 30,
      outputSchema: { type: 'object', properties: { ok: { const: true } }, required: ['ok'] },
    }),
    { name: 'yes' },
    { name: 'no' },
  ],
  edges: [
    { from: 'decide', to: 'yes', when: 'yes' },
    { from: 'decide', to: 'no', when: 'no' },
  ],
};

const YES = { output: { routedTo: 'yes' } };
const at = (name: string, attempt = 1, run = 'r1') => ({ run, node: name, attempt });
const fresh = (world: World) => new Date(world.now).toISOString();

/** Each cheat is played in a run that is open, by an agent whose node is open; it returns what it submitted. */
const CHEATS: readonly (readonly [
  cheat: string,
  rule: string,
  play: (world: World) => readonly unknown[],
])[] = [
  ['text instead of a decision', 'no-tool-used', (w) => w.submit('decide', 1, 'yes', [])],
  [
    'claims an id that it made up',
    'unknown-call',
    (w) => w.submit('decide', 1, { routedTo: 'yes' }, ['made-up']),
  ],
  [
    'claims a plain call outside of any run',
    'unknown-call',
    (w) => {
      w.fold('tool.requested', {
        calls: [{ invocation: 'p1', tool: 'get_price', inputs: {} }],
        project: 'lab',
        priority: 'normal',
      });
      w.end('p1');
      return w.submit('fetch', 1, { data: 1, fetchedAt: fresh(w) }, ['p1']);
    },
  ],
  [
    "claims another run's call",
    'other-run',
    (w) => {
      w.begin(ALL, 'r2');
      const call = w.call('get_price', at('fetch', 1, 'r2'));
      return w.submit('fetch', 1, { data: 1, fetchedAt: fresh(w) }, [call]);
    },
  ],
  [
    "claims another node's call",
    'other-node',
    (w) => w.submit('fetch', 1, { data: 1, fetchedAt: fresh(w) }, [w.call('get_price', at('decide'))]),
  ],
  [
    'claims a call of its last attempt',
    'other-attempt',
    (w) => {
      const call = w.call('get_price', at('fetch'));
      w.submit('fetch', 1, 'no object', [call]);
      return w.submit('fetch', 2, { data: 1, fetchedAt: fresh(w) }, [call]);
    },
  ],
  [
    'submits its last attempt once more in other words',
    'attempt-not-open',
    (w) => {
      w.submit('fetch', 1, 'a', []);
      return w.submit('fetch', 1, 'b', []);
    },
  ],
  [
    'labels a call with an attempt that is not open yet',
    'unknown-call',
    (w) => w.submit('fetch', 1, { data: 1, fetchedAt: fresh(w) }, [w.call('get_price', at('fetch', 2))]),
  ],
  [
    'lets another agent make the call',
    'unknown-call',
    (w) =>
      w.submit('fetch', 1, { data: 1, fetchedAt: fresh(w) }, [
        w.call('get_price', at('fetch'), { origin: 'eve' }),
      ]),
  ],
  [
    'asks for the call after it has submitted',
    'late-call',
    (w) => {
      w.fold('node.submitted', {
        run: 'r1',
        node: 'decide',
        attempt: 1,
        output: { routedTo: 'yes' },
        used: ['late'],
      });
      w.ask('late', 'conditional_gate', at('decide'));
      w.end('late', YES);
      return w.react();
    },
  ],
  [
    'submits before the call has ended',
    'unfinished-call',
    (w) => {
      w.ask('soon', 'conditional_gate', at('decide'));
      w.fold('node.submitted', {
        run: 'r1',
        node: 'decide',
        attempt: 1,
        output: { routedTo: 'yes' },
        used: ['soon'],
      });
      w.end('soon', YES);
      return w.react();
    },
  ],
  [
    'hides a call that still runs',
    'unfinished-call',
    (w) => {
      const call = w.call('conditional_gate', at('decide'), YES);
      w.call('get_price', at('decide'), { ends: false });
      return w.submit('decide', 1, { routedTo: 'yes' }, [call]);
    },
  ],
  [
    'claims a call that was denied',
    'denied-call',
    (w) => {
      w.ask('d', 'place_order', at('act'));
      const denial = { class: 'permission', rule: 'no-orders', reason: 'no orders today' };
      w.fold('policy.decided', { invocation: 'd', verdict: 'deny', denial }, 'decisions');
      return w.submit('act', 1, { confirmation: { invocation: 'd' } }, ['d']);
    },
  ],
  [
    'claims a call that failed',
    'failed-call',
    (w) => {
      const call = w.call('place_order', at('act'), { outcome: RunOutcome.failed });
      return w.submit('act', 1, { confirmation: { invocation: call } }, [call]);
    },
  ],
  [
    'claims a call that timed out',
    'failed-call',
    (w) => w.submit('act', 1, {}, [w.call('place_order', at('act'), { outcome: RunOutcome.timedOut })]),
  ],
  [
    'claims a call that the budget refused',
    'refused-call',
    (w) => {
      w.ask('b', 'place_order', at('act'));
      w.fold('budget.refused', { invocation: 'b', agent: 'ada', detail: 'nothing left' }, 'budget');
      return w.submit('act', 1, { confirmation: { invocation: 'b' } }, ['b']);
    },
  ],
  [
    'claims a call that a breaker refused',
    'refused-call',
    (w) => {
      w.ask('s', 'place_order', at('act'));
      w.fold('schedule.refused', { invocation: 's', agent: 'ada', detail: 'open' }, 'schedule');
      return w.submit('act', 1, {}, ['s']);
    },
  ],
  [
    'claims a call whose inputs were rejected',
    'refused-call',
    (w) => {
      w.ask('x', 'place_order', at('act'));
      w.fold(
        'request.rejected',
        { invocation: 'x', agent: 'ada', reason: 'invalid-inputs', detail: 'no' },
        'decisions',
      );
      return w.submit('act', 1, {}, ['x']);
    },
  ],
  [
    'claims a call that it cancelled',
    'cancelled-call',
    (w) => {
      w.ask('q', 'place_order', at('act'));
      w.fold('invocation.cancelled', { invocation: 'q', agent: 'ada' }, 'decisions');
      return w.submit('act', 1, {}, ['q']);
    },
  ],
  [
    'counts one call twice',
    'repeated-claim',
    (w) => {
      const calls = [w.call('get_price', at('strict')), w.call('get_news', at('strict'))];
      return w.submit('strict', 1, { ok: true }, [...calls, calls[0] ?? '']);
    },
  ],
  [
    'looks at the price after it has decided',
    'final-tool',
    (w) => {
      const gate = w.call('conditional_gate', at('decide'), YES);
      return w.submit('decide', 1, { routedTo: 'yes' }, [gate, w.call('get_price', at('decide'))]);
    },
  ],
  [
    'hides the call that it made after it had decided',
    'final-tool',
    (w) => {
      const gate = w.call('conditional_gate', at('decide'), YES);
      w.call('get_price', at('decide'));
      return w.submit('decide', 1, { routedTo: 'yes' }, [gate]);
    },
  ],
  [
    'does not claim the gate that it called',
    'final-tool',
    (w) => {
      const price = w.call('get_price', at('decide'));
      w.call('conditional_gate', at('decide'), YES);
      return w.submit('decide', 1, { routedTo: 'yes' }, [price]);
    },
  ],
  [
    'asks gates until one says what it wants',
    'several-routes',
    (w) => {
      const no = w.call('boolean_gate', at('decide'), { output: { routedTo: 'no' } });
      return w.submit('decide', 1, { routedTo: 'yes' }, [no, w.call('boolean_gate', at('decide'), YES)]);
    },
  ],
  [
    'hides the gate that said no',
    'several-routes',
    (w) => {
      w.call('boolean_gate', at('decide'), { output: { routedTo: 'no' } });
      return w.submit('decide', 1, { routedTo: 'yes' }, [w.call('boolean_gate', at('decide'), YES)]);
    },
  ],
  [
    'goes another way than its gate said',
    'route-mismatch',
    (w) => w.submit('decide', 1, { routedTo: 'no' }, [w.call('conditional_gate', at('decide'), YES)]),
  ],
  [
    'has the gate lead where there is no path',
    'unknown-route',
    (w) =>
      w.submit('decide', 1, { routedTo: 'x' }, [
        w.call('conditional_gate', at('decide'), { output: { routedTo: 'x' } }),
      ]),
  ],
  [
    'hands over stale data with a fresh label',
    'fresh-label',
    (w) => {
      const call = w.call('get_price', at('fetch'));
      return w.later(30).submit('fetch', 1, { data: 95, fetchedAt: fresh(w) }, [call]);
    },
  ],
  [
    'hands over data that is too old',
    'stale-data',
    (w) => {
      const call = w.call('get_price', at('fetch'));
      const fetchedAt = fresh(w);
      return w.later(61).submit('fetch', 1, { data: 95, fetchedAt }, [call]);
    },
  ],
  [
    'mixes old data with a fresh call',
    'stale-data',
    (w) => {
      const old = w.call('get_price', at('fetch'));
      const fetchedAt = fresh(w);
      w.later(61);
      return w.submit('fetch', 1, { data: 95, fetchedAt }, [old, w.call('get_news', at('fetch'))]);
    },
  ],
  [
    'makes up data without fetching any',
    'no-data-call',
    (w) => w.submit('fetch', 1, { data: 95, fetchedAt: fresh(w) }, []),
  ],
  [
    'hands over data without saying from when',
    'output-schema',
    (w) => w.submit('fetch', 1, { data: 95 }, [w.call('get_price', at('fetch'))]),
  ],
  [
    'says that it has acted, but only looked',
    'no-action-call',
    (w) => {
      const call = w.call('get_price', at('act'));
      return w.submit('act', 1, { confirmation: { invocation: call } }, [call]);
    },
  ],
  [
    'confirms with a call that did nothing',
    'unconfirmed',
    (w) => {
      const look = w.call('get_price', at('act'));
      return w.submit('act', 1, { confirmation: { invocation: look } }, [
        look,
        w.call('place_order', at('act')),
      ]);
    },
  ],
  [
    'calls more often than it may',
    'too-many-calls',
    (w) => {
      const calls = [1, 2, 3, 4].map(() => w.call('place_order', at('act')));
      return w.submit('act', 1, { confirmation: { invocation: calls[0] } }, calls.slice(0, 1));
    },
  ],
  [
    'calls a tool that it was not given',
    'tool-not-offered',
    (w) => {
      w.call('purge', at('act'));
      const order = w.call('place_order', at('act'));
      return w.submit('act', 1, { confirmation: { invocation: order } }, [order]);
    },
  ],
  [
    'hides a forbidden call',
    'forbidden-tool',
    (w) => {
      w.call('purge', at('strict'));
      const calls = ['get_price', 'get_news', 'get_price'].map((tool) => w.call(tool, at('strict')));
      return w.submit('strict', 1, { ok: true }, calls);
    },
  ],
  [
    'leaves a required tool out',
    'missing-tool',
    (w) =>
      w.submit(
        'strict',
        1,
        { ok: true },
        [1, 2, 3].map(() => w.call('get_price', at('strict'))),
      ),
  ],
  [
    'calls less often than it must',
    'too-few-calls',
    (w) =>
      w.submit('strict', 1, { ok: true }, [
        w.call('get_price', at('strict')),
        w.call('get_news', at('strict')),
      ]),
  ],
  [
    'breaks its data contract',
    'output-schema',
    (w) =>
      w.submit(
        'strict',
        1,
        { ok: 'true' },
        ['get_price', 'get_news', 'get_news'].map((tool) => w.call(tool, at('strict'))),
      ),
  ],
  ['takes too long', 'timed-out', (w) => w.later(31).submit('strict', 1, { ok: true }, [])],
  [
    'gives the digest of another output',
    'digest-mismatch',
    (w) => w.submit('strict', 1, { ok: true }, [], { more: { outputDigest: `sha256:${'0'.repeat(64)}` } }),
  ],
  ['submits nothing', 'no-output', (w) => w.submit('strict', 1, undefined, [])],
  ['submits more than may flow on', 'output-too-large', (w) => w.submit('strict', 1, 'x'.repeat(70_000), [])],
  ['submits for a node that is not its turn', 'node-not-open', (w) => w.submit('yes', 1, 'done', [])],
  ['submits for a node that does not exist', 'unknown-node', (w) => w.submit('maybe', 1, 'done', [])],
  [
    "submits into another agent's run",
    'not-your-run',
    (w) => w.submit('decide', 1, 'x', [], { origin: 'eve' }),
  ],
  [
    'submits into a run that does not exist',
    'unknown-run',
    (w) => w.submit('decide', 1, 'x', [], { run: 'r9' }),
  ],
];

describe('an agent that', () => {
  it.each(CHEATS)('%s: is caught by %s', (_cheat, rule, play) => {
    const world = new World();
    world.begin(ALL);
    const answers = play(world) as Parameters<typeof rulesOf>[0];
    expect(rulesOf(answers)).toContain(rule);
    expect(answers.map(({ type }) => type)).not.toContain('contract.accepted');
    expect([...world.state.releases.values()]).toEqual([]);
  });

  it('does none of it: is believed', () => {
    const world = new World();
    world.begin(ALL);
    const order = world.call('place_order', at('act'));
    const price = world.call('get_price', at('fetch'));
    const three = ['get_price', 'get_news', 'get_price'].map((tool) => world.call(tool, at('strict')));
    const answers = [
      ...world.submit('act', 1, { confirmation: { invocation: order } }, [order]),
      ...world.submit('fetch', 1, { data: 95, fetchedAt: fresh(world) }, [price]),
      ...world.submit('strict', 1, { ok: true }, three),
      ...world.submit('decide', 1, { routedTo: 'yes' }, [world.call('conditional_gate', at('decide'), YES)]),
    ];
    expect(answers.map(({ type }) => type)).toEqual(Array.from({ length: 4 }, () => 'contract.accepted'));
  });
});

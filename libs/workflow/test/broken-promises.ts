/** Agents whose calls are real, but do not keep what their node promised. */
import { YES, at, fresh } from './cheating.ts';
import type { Cheat } from './cheating.ts';

export const BROKEN_PROMISES: readonly Cheat[] = [
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

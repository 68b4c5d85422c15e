/** Agents that say of their calls what the ledger does not. */
import { RunOutcome } from '@writ/contracts';
import { ALL, YES, at, fresh } from './cheating.ts';
import type { Cheat } from './cheating.ts';

export const FALSE_CLAIMS: readonly Cheat[] = [
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
];

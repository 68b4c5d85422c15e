/** Attempts that are not the last word: repeats, hand-backs, preemption, and stops on their way to executors. */
import { describe, expect, it } from 'vitest';
import { stopsOwed } from './index.ts';
import {
  AGENT,
  TENANT,
  allowed,
  asked,
  attempted,
  cleared,
  completed,
  fact,
  fenced,
  reserved,
  started,
  tool,
} from '../test/facts.ts';
import { NOTHING, cancelled, dispatched, executor, given, offering } from '../test/scenario.ts';

const TWO = offering(executor(2));
const resumed = (invocation: string) => ({ type: 'schedule.resumed', tenant: TENANT, data: { invocation } });
const cancel = (invocation: string) =>
  fact('tool.cancel-requested', { invocation, reason: 'too late' }, { origin: AGENT });
const returned = (invocation: string, attempt = 1) =>
  fact('execution.returned', { invocation, attempt, executor: 'e1', session: 's1' }, { origin: 'e1' });
const preemption = (invocation: string) =>
  fact('preemption.requested', { invocation, reason: 'a beam slot' }, { origin: 'operator' });

/** Call `a` of a tool that is tried three times, granted to `e1`. */
const granted = given(
  tool('read', { class: 'READ_ONLY', retry: { attempts: 3 } }),
  asked(['a']),
  cleared('a'),
  TWO,
);

describe('a call whose attempt failed and may be repeated', () => {
  const failed = granted.when(attempted('a', { at: 1_000, waitMs: 500 }));

  it('while the next attempt is not paid for: is not granted', () => failed.when(5_000, TWO).then());

  it('once it is paid for: waits for its time', () =>
    failed.when(reserved('a', { at: 1_100 }), 1_200, TWO).then());

  it('when its time has come: is granted as the next attempt', () => {
    const due = failed.when(reserved('a', { at: 1_100 }), 1_500);
    due.then(resumed('a'));
    due.when(TWO).then(dispatched('a', { attempt: 2 }));
  });

  it('cancelled while it waits: ends without another attempt', () =>
    failed.when(reserved('a', { at: 1_100 }), cancel('a')).then(cancelled('a', 'too late')));

  it('cancelled before the money is there: ends as soon as the budget has answered', () =>
    failed.when(cancel('a'), reserved('a', { at: 1_100 })).then(cancelled('a', 'too late')));

  it('refused by the budget: is over', () => {
    const refused = fact('budget.refused', {
      invocation: 'a',
      agent: AGENT,
      reason: 'exhausted',
      account: '/',
      detail: '',
    });
    failed.when(refused, 9_000, TWO).then();
    expect(
      failed
        .when(refused)
        .play()
        .state.tenants.get(TENANT as never)?.calls.size,
    ).toBe(0);
  });

  it('announced by another session: changes nothing', () =>
    granted.when(attempted('a', { session: 's9' }), reserved('a'), 9_000, TWO).then());
});

describe('an executor that announces another attempt of what must not run again', () => {
  const barred = given(
    tool('read', { class: 'NETWORK', effects: 'once', retry: { attempts: 3 } }),
    asked(['a']),
    cleared('a'),
    TWO,
    started('a'),
    attempted('a', { waitMs: 0 }),
  );

  it('is not believed: a person is asked once the budget has answered', () =>
    barred.when(reserved('a')).then({
      type: 'schedule.indeterminate',
      tenant: TENANT,
      data: { invocation: 'a', attempt: 1, agent: AGENT, executor: 'e1' },
    }));

  it('more often than the tool says: is not believed either', () => {
    const once = given(
      tool('read', { class: 'READ_ONLY', retry: { attempts: 2 } }),
      asked(['a']),
      cleared('a'),
      TWO,
    );
    const again = once.when(
      attempted('a', { waitMs: 0 }),
      reserved('a'),
      TWO,
      attempted('a', { attempt: 2, waitMs: 0 }),
    );
    again.when(reserved('a'), TWO).then();
    expect(again.when(reserved('a')).play().answers).toMatchObject([{ type: 'schedule.indeterminate' }]);
  });
});

describe('a grant that a stopping executor gives back', () => {
  it('unbegun: is granted to another one, with the hold that it has', () =>
    granted
      .when(returned('a'), offering(executor(1, { executor: 'e2', session: 's2' })))
      .then(dispatched('a', { attempt: 2, executor: 'e2', session: 's2' })));

  it('although it has started: stays where it is', () =>
    granted
      .when(started('a'), returned('a'), offering(executor(1, { executor: 'e2', session: 's2' })))
      .then());

  it('after a cancel: ends', () => granted.when(cancel('a'), returned('a')).then(cancelled('a', 'too late')));
});

describe('a running call', () => {
  it('that its agent cancels: is to be stopped until it has ended', () => {
    const { state } = granted.when(cancel('a')).play();
    expect(stopsOwed(state)).toEqual([
      {
        executor: 'e1',
        session: 's1',
        stop: { grant: `${TENANT}/a/1`, cause: 'cancelled', reason: 'too late' },
      },
    ]);
    expect(stopsOwed(granted.when(cancel('a'), completed('a')).play().state)).toEqual([]);
  });

  it('that another agent cancels: goes on', () => {
    const other = fact('tool.cancel-requested', { invocation: 'a' }, { origin: 'mallory' });
    expect(stopsOwed(granted.when(other).play().state)).toEqual([]);
  });

  it('cancelled and lost: ends without running again', () =>
    granted.when(cancel('a'), fenced()).then(cancelled('a', 'too late')));
});

describe('preemption', () => {
  const resumable = given(
    tool('read', { class: 'LOCAL_WRITE', effects: 'once', resumable: true }),
    asked(['a']),
    cleared('a'),
    TWO,
    started('a'),
  );

  it('of a resumable tool: stops the call, which goes on later although it had begun', () => {
    const stopped = resumable.when(preemption('a'));
    expect(stopsOwed(stopped.play().state)).toMatchObject([
      { stop: { cause: 'preempted', reason: 'a beam slot' } },
    ]);
    stopped
      .when(attempted('a', { cause: 'preempted', waitMs: 0 }), reserved('a'), TWO)
      .then(dispatched('a', { attempt: 2 }));
  });

  it('of any other tool: changes nothing', () =>
    expect(stopsOwed(granted.when(preemption('a')).play().state)).toEqual([]));

  it('of a call that waits: changes nothing', () => {
    const waiting = given(
      tool('read', { resumable: true }),
      asked(['a']),
      allowed('a'),
      preemption('a'),
      reserved('a'),
      NOTHING,
    );
    expect(stopsOwed(waiting.when(TWO).play().state)).toEqual([]);
  });
});

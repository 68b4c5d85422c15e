/** Lost executors: nothing is decided about their grants before the fence stands, and nothing runs twice that must not. */
import { describe, expect, it } from 'vitest';
import type { ExecutorId, SessionId } from '@writ/contracts';
import {
  AGENT,
  TENANT,
  allowed,
  asked,
  cleared,
  completed,
  fact,
  fenced,
  reserved,
  started,
  tool,
} from '../test/facts.ts';
import { cancelled, dispatched, executor, fresh, given, lost, offering, silent } from '../test/scenario.ts';
import { busySessions, fencesOwed, openGrants, sessionLost } from './index.ts';

const E1 = 'e1' as ExecutorId;
const S1 = 's1' as SessionId;
const OTHER = offering(executor(10, { executor: 'e2', session: 's9' }));
const again = (invocation: string, attempt = 2) =>
  dispatched(invocation, { attempt, executor: 'e2', session: 's9' });
const indeterminate = (invocation: string, attempt = 1) => ({
  type: 'schedule.indeterminate',
  tenant: TENANT,
  data: { invocation, attempt, agent: AGENT, executor: 'e1' },
});

const granted = (effects: string) =>
  given(tool('read', { class: 'NETWORK', effects }), asked(['a']), cleared('a'), offering(executor(4)));

describe('a silent executor', () => {
  const once = granted('once');

  it('with a grant: is lost, once, and owes a fence', () => {
    once.when(silent()).then(lost('silent'));
    once.when(silent(), silent()).then();
    const { state } = once.when(silent()).play();
    expect(fencesOwed(state)).toEqual([{ tenant: TENANT, executor: 'e1', session: 's1' }]);
    expect(sessionLost(state, E1, S1)).toBe(true);
  });
  it('without a grant: nothing is written', () => {
    given(silent()).then();
    once.when(completed('a'), silent()).then();
    once.when(silent('e1', 's0')).then();
  });
  it('with grants of two tenants: is lost in both', () => {
    const other = { tenant: 'other' };
    once
      .when(tool('read', {}, other), asked(['b'], {}, { ...other, origin: AGENT }))
      .when(allowed('b', 1, other), reserved('b', other), offering(executor(4)), silent())
      .then(lost('silent'), lost('silent', 's1', 'other'));
  });
  it('that is lost: its grants stay until the fence stands', () => {
    const { state } = once.when(silent(), OTHER).play();
    expect(openGrants(state, E1, S1)).toHaveLength(1);
    expect(busySessions(state)).toEqual([{ executor: 'e1', session: 's1' }]);
  });
  it('that is lost and comes back: gets nothing more in that session', () => {
    const back = once.when(silent(), asked(['b']), cleared('b'));
    back.when(offering(executor(4))).then();
    back.when(fenced(), offering(executor(4))).then();
    back.when(offering(executor(4, { session: 's2' }))).then(dispatched('b', { session: 's2' }));
  });
  it('that finished before the fence: the call has ended', () =>
    once.when(silent(), completed('a'), fenced(), OTHER).then());
});

describe('a new session of an executor', () => {
  it('with grants of an older one: the older one is lost', () =>
    granted('once').when(fresh('e1', 's2')).then(lost('new-session')));
  it('that holds the grants itself: is not lost', () => granted('once').when(fresh('e1', 's1')).then());
});

describe('the grant of a fenced session', () => {
  it.each(['pure', 'keyed', 'queryable', 'once'])(
    'of a %s tool, not started: is granted again',
    (effects) => {
      const fencedNow = granted(effects).when(silent(), fenced());
      expect(fencesOwed(fencedNow.play().state)).toEqual([]);
      fencedNow.when(OTHER).then(again('a'));
    },
  );
  it.each(['pure', 'keyed'])('of a %s tool, started: is granted again', (effects) =>
    granted(effects).when(started('a'), silent(), fenced(), OTHER).then(again('a')),
  );
  it.each(['queryable', 'once'])(
    'of a %s tool, started: is recorded as indeterminate and never granted',
    (effects) => {
      const unknown = granted(effects).when(started('a'), silent(), fenced());
      unknown.then(indeterminate('a'));
      unknown.when(OTHER).then();
    },
  );
  it('whose start was of another attempt: counts as not started', () =>
    granted('once')
      .when(started('a', { attempt: 2 }), silent(), fenced(), OTHER)
      .then(again('a')));
  it('that was granted again: what the lost session still reports is ignored', () => {
    const second = granted('pure').when(silent(), fenced(), OTHER);
    const late = second.when(completed('a')).play();
    expect(openGrants(late.state, 'e2' as ExecutorId, 's9' as SessionId)).toHaveLength(1);
    second.when(fenced(), OTHER).then();
  });
  it('whose agent had asked to cancel it: is not granted again', () => {
    const cancel = fact('tool.cancel-requested', { invocation: 'a' }, { origin: AGENT });
    granted('pure').when(cancel, silent(), fenced()).then(cancelled('a'));
  });
  it('when only another session is fenced: stays', () =>
    granted('pure').when(fenced('e1', 's0'), OTHER).then());
});

describe('an indeterminate call', () => {
  const step = given(
    tool('read', { effects: 'once' }),
    asked(['a', 'b']),
    cleared('a', 'b'),
    offering(executor(4)),
    started('a'),
    silent(),
    fenced(),
  );

  it('holds the later waves of its step', () => step.when(OTHER).then());
  it('that is resolved by a completion of its attempt: has ended, and the next wave opens', () =>
    step
      .when(completed('a', { session: 's2' }), OTHER)
      .then(dispatched('b', { executor: 'e2', session: 's9' })));
  it('completed for another attempt: stays', () => step.when(completed('a', { attempt: 2 }), OTHER).then());
  it('cannot be ended by a late denial or refusal: it may have run', () =>
    step.when(fact('budget.refused', { invocation: 'a', agent: AGENT }), OTHER).then());
});

/** Rules over balances that the budget states: what they show, and what waits for them. */
import { describe, expect, it } from 'vitest';
import { digestOf } from '@writ/contracts';
import {
  START,
  allowed,
  answersOf,
  anyPolicy,
  asks,
  cancels,
  cancelled,
  denied,
  fact,
  fold,
  given,
  later,
  registered,
  rule,
} from '../test/scenario.ts';
import { policy, waitingForBalances } from './index.ts';

const tools = [registered('dock'), registered('scan')];
const reading = (condition: string, seq: number) => {
  const policies = [rule('r', 'deny', condition)];
  return fact('policy.published', { bundle: digestOf(condition), policies, balances: 'stated' }, { seq });
};
const account = (name: string, seq: number, more: object = {}) =>
  fact('budget.defined', { budget: { account: name, limits: { usd: 1 }, alerts: [], ...more } }, { seq });
const usd = (used: number, more: object = {}) => ({
  account: 'lab',
  unit: 'usd',
  limit: '100000000',
  used: String(used * 1e6),
  ...more,
});
const stated = (asOf: number, limits: object[], more: object = {}) =>
  fact('budget.stated', { asOf, at: START, limits, ...more }, { origin: 'budget' });
const ended = (invocation: string, seq: number) =>
  fact('execution.completed', { invocation, agent: 'ada', outcome: 'succeeded', usage: {} }, { seq });
const shows = (used: number) => ({ rules: [{ because: `budget.remaining.usd = ${100 - used} USD` }] });

/** Denies below 50 USD; published at 20, over an account of 10. */
const lab = given(...tools, account('lab', 10), reading('budget.remaining.usd < 50 USD', 20));
const known = lab.and(stated(20, [usd(30)]));

describe('a publish on a tenant that runs', () => {
  const running = given(
    ...tools,
    account('lab', 10),
    anyPolicy,
    asks('before', 'dock'),
    reading('budget.remaining.usd < 50 USD', 20),
  );

  it('calls wait until the balances are stated, and are decided on them', () => {
    running.when(asks('a', 'dock')).thenNothing();
    running
      .and(asks('a', 'dock'))
      .when(stated(20, [usd(60)]))
      .then(denied('a', {}, shows(60)));
    running
      .and(asks('a', 'dock'))
      .when(stated(20, [usd(40)]))
      .then(allowed('a'));
  });
  it('a part of them, or those of before, are not enough', () => {
    running.when(asks('a', 'dock'), stated(20, [usd(0)], { more: true })).thenNothing();
    running.when(asks('a', 'dock'), stated(19, [usd(0)])).thenNothing();
    running.when(asks('a', 'dock'), stated(20, [usd(60)], { more: true }), stated(20, [])).then(denied('a'));
  });
  it('somebody looks: it is told how many wait, and that nobody does', () => {
    const elsewhere = [...tools, anyPolicy].map((one) => ({ ...one, tenant: 'other' }) as typeof one);
    const waiting = running.and(...elsewhere, asks('a', 'dock'), asks('b', 'scan'));
    expect(waitingForBalances(waiting.state().state)).toEqual([{ tenant: 'acme', calls: 2 }]);
    const answered = waiting.and(stated(20, [usd(60)]));
    expect(waitingForBalances(answered.state().state)).toEqual([{ tenant: 'acme', calls: 0 }]);
  });
  it('a call that is taken back meanwhile is cancelled with the next word of the budget', () => {
    const waiting = running.and(asks('a', 'dock'), cancels('a'));
    waiting.when(stated(20, [])).then(cancelled('a'));
  });
  it('other tenants do not wait', () => {
    const elsewhere = [...tools, anyPolicy].map((one) => ({ ...one, tenant: 'other' }) as typeof one);
    const other = asks('b', 'dock', {}, { tenant: 'other' });
    running
      .and(...elsewhere)
      .when(asks('a', 'dock'), other)
      .then({ tenant: 'other', ...allowed('b') });
  });
  it('saved and read back while calls wait: they are decided as if nothing had been', () => {
    const { state } = running.and(asks('a', 'dock'), asks('b', 'scan')).state();
    const again = policy.restore(JSON.parse(JSON.stringify(policy.snapshot(state))));
    expect(answersOf(again, START)).toEqual([]);
    fold(again, [stated(20, [usd(60)])]);
    expect(answersOf(again, START)).toMatchObject([denied('a'), denied('b')]);
  });
});

describe('a balance', () => {
  it('what is asked for after a run has ended is decided on a balance that knows of it', () => {
    const run = known.and(ended('x', 30));
    run.when(asks('a', 'dock')).thenNothing();
    run.when(asks('a', 'dock'), stated(20, [usd(90)])).thenNothing();
    run.when(asks('a', 'dock'), stated(30, [usd(40)])).then(allowed('a'));
  });
  it('what was asked for before a run ended does not wait for it', () =>
    known.when(asks('a', 'dock'), ended('x', 30)).then(allowed('a')));
  it('storage that is given back moves it, too', () => {
    const removed = fact('payload.removed', { digest: digestOf('x') }, { seq: 30 });
    known.and(removed).when(asks('a', 'dock')).thenNothing();
    known.and(removed, stated(30, [])).when(asks('a', 'dock')).then(allowed('a'));
  });
  it('is the last word on each limit, all on the way of the call', () => {
    const wide = known.and(account('/', 30), stated(30, [usd(99, { account: '/' })]));
    wide.when(asks('a', 'dock')).then(denied('a', {}, shows(99)));
    wide
      .and(stated(30, [usd(10, { account: '/' })]))
      .when(asks('a', 'dock'))
      .then(allowed('a'));
  });
  it('of a limit for one tool binds the calls of that tool alone', () => {
    const tight = known.and(stated(20, [usd(90, { tool: 'dock' })]));
    tight.when(asks('a', 'dock')).then(denied('a'));
    tight.when(asks('a', 'scan')).then(allowed('a'));
  });
  it('of a window is that of the moment of the decision', () => {
    const at = (seconds: number, amount: number) => ({
      at: START + seconds * 1_000,
      amount: String(amount * 1e6),
    });
    const rolling = known.and(stated(20, [usd(90, { window: 'w', falls: [at(10, 30), at(20, 25)] })]));
    const denies = (seconds: number, used: number) =>
      rolling.when(later(seconds, asks('a', 'dock'))).then(denied('a', {}, shows(used)));
    denies(9, 90);
    denies(10, 60);
    rolling.when(later(20, asks('a', 'dock'))).then(allowed('a'));
    const more = usd(92, { window: 'w', falls: [at(20, 27)] });
    const next = rolling.and(stated(20, [more]));
    next.when(later(10, asks('a', 'dock'))).then(denied('a', {}, shows(62)));
    next.when(later(20, asks('a', 'dock'))).then(allowed('a'));
  });
  it('the share of the tightest limit', () => {
    const share = given(...tools, account('lab', 10), reading('budget.utilisation > 50 %', 20));
    share
      .and(stated(20, [usd(50)]))
      .when(asks('a', 'dock'))
      .then(allowed('a'));
    share
      .and(stated(20, [usd(51)]))
      .when(asks('a', 'dock'))
      .then(denied('a'));
  });
  it('a limit below what is used has nothing left, not less', () =>
    known
      .and(stated(20, [usd(130)]))
      .when(asks('a', 'dock'))
      .then(denied('a', {}, shows(100))));
});

describe('a definition', () => {
  const redefined = known.and(account('lab', 40));

  it('calls wait until the account is stated anew', () => {
    redefined.when(asks('a', 'dock')).thenNothing();
    redefined.when(asks('a', 'dock'), stated(40, [usd(60)])).then(denied('a'));
  });
  it('what was stated before it is over: a limit that is gone does not bind', () => {
    redefined
      .and(stated(39, [usd(90)]), stated(40, []))
      .when(asks('a', 'dock'))
      .then(allowed('a'));
  });
  it('of another account: the balances of the others stay', () => {
    const other = known.and(account('mill', 40), stated(39, [usd(70)]), stated(40, []));
    other.when(asks('a', 'dock')).then(denied('a', {}, shows(70)));
  });
  it('a retired account has no balance', () => {
    const full = known.and(stated(20, [usd(90)]), fact('budget.retired', { account: 'lab' }, { seq: 40 }));
    full.when(asks('a', 'dock'), stated(40, [])).then(allowed('a'));
  });
});

describe('a bundle that does not read balances any more', () => {
  it('nobody waits, and nothing is followed', () => {
    const over = known.and(ended('x', 30), asks('a', 'dock'));
    over.when(anyPolicy).then(allowed('a'));
    expect(over.wants('budget')).toBe(true);
    expect(over.and(anyPolicy).wants('budget')).toBe(false);
    expect(over.and(anyPolicy).wants('executions')).toBe(false);
  });
  it('and reads them again: what was stated in the meantime, or before, is not believed', () => {
    const again = known.and(anyPolicy, reading('budget.remaining.usd < 50 USD', 60));
    again.when(asks('a', 'dock'), stated(59, [usd(0)])).thenNothing();
    again
      .and(stated(59, [usd(90)]), stated(60, []))
      .when(asks('a', 'dock'))
      .then(allowed('a'));
  });
});

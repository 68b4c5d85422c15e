/** What could grow without end, and what a crash can leave behind. */
import { describe, expect, it } from 'vitest';
import { MAX_COMMIT_BYTES } from '@writ/contracts';
import {
  START,
  allowed,
  answersOf,
  anyPolicy,
  asks,
  cancelled,
  cancels,
  environment,
  fact,
  fold,
  given,
  granted,
  holds,
  needsApproval,
  published,
  registered,
  rule,
  votes,
} from '../test/scenario.ts';
import { policy } from './index.ts';
import { MAX_DEMANDS, MAX_WAITING_CALLS } from './limits.ts';

describe('what could grow without end', () => {
  it('hundreds of rules that all match: the answer still fits into a commit', () => {
    const long = {
      description: 'x'.repeat(2_000),
      approval: { approvers: Array.from({ length: 16 }, (_, g) => `g-${g}`) },
    };
    const many = Array.from({ length: 600 }, (_, index) =>
      rule(
        `rule-${index}`,
        index % 2 ? 'deny' : 'require-approval',
        `tool.name == "dock" OR "${'x'.repeat(200)}" == agent.name`,
        long,
      ),
    );
    const { got } = given(registered('dock'), published(...many)).when(asks('a', 'dock'));
    expect(JSON.stringify(got).length).toBeLessThan(64 * 1024);
  });
  it('the widest approval terms, asked for by hundreds of rules: fit into a commit', () => {
    const wide = (prefix: string) => Array.from({ length: 16 }, (_, g) => `${prefix}${g}`.padEnd(64, 'x'));
    const many = Array.from({ length: 600 }, (_, index) =>
      rule(`rule-${index}`.padEnd(64, 'x'), 'require-approval', 'true', {
        approval: {
          approvers: wide(`first-${index % MAX_DEMANDS}-`),
          escalate: [1, 2, 3, 4].map((stage) => ({ afterSeconds: stage, approvers: wide(`${stage}-`) })),
          breakGlass: wide('glass-'),
        },
      }),
    );
    const asked = given(registered('dock'), published(...many));
    const { got } = asked.when(asks('a', 'dock'));
    expect(JSON.stringify(got).length).toBeLessThan(MAX_COMMIT_BYTES / 2);
    const { got: opening } = asked.and(asks('a', 'dock')).when(holds('a'));
    expect(opening[0]?.type).toBe('approval.opened');
    expect(JSON.stringify(opening).length).toBeLessThan(MAX_COMMIT_BYTES / 2);
  });
  it('a long queue is answered in linear time', () => {
    const state = policy.initial();
    fold(state, [anyPolicy, registered('dock')]);
    fold(
      state,
      Array.from({ length: 10_000 }, (_, index) => asks(`call-${index}`, 'dock')),
    );
    expect(answersOf(state, START)).toHaveLength(10_000);
  });
  it('more calls that wait for people than there are places: denied for now', () => {
    const state = policy.initial();
    fold(state, [published(rule('ask', 'require-approval', 'true')), registered('dock')]);
    fold(
      state,
      Array.from({ length: MAX_WAITING_CALLS + 1 }, (_, index) => asks(`call-${index}`, 'dock')),
    );
    const verdicts = answersOf(state, START).map(({ data }) => (data as { verdict: string }).verdict);
    expect(verdicts.filter((verdict) => verdict === 'require-approval')).toHaveLength(MAX_WAITING_CALLS);
    expect(verdicts.at(-1)).toBe('deny');
    fold(state, [cancels('call-0'), holds('call-0')]);
    expect(answersOf(state, START)).toMatchObject([cancelled('call-0')]);
    fold(state, [asks('one-more', 'dock')]);
    expect(answersOf(state, START)).toMatchObject([needsApproval('one-more')]);
    // A full house does not stand in the way of those who are in it, also when the catalog has changed.
    fold(state, [holds('call-1'), environment({})]);
    answersOf(state, START);
    fold(state, [
      { ...registered('other'), seq: 9 },
      asks('last', 'dock'),
      votes('grace', 'approve', 'call-1'),
    ]);
    expect(answersOf(state, START)).toMatchObject([
      needsApproval('last'),
      granted('call-1', 'grace'),
      allowed('call-1'),
    ]);
  });
});

describe('a reaction that a crash cut short', () => {
  it('the tenants whose part is lost are answered again, the others are not', () => {
    const state = policy.initial();
    const all = ['acme', 'other'].flatMap((tenant) => [
      { ...anyPolicy, tenant: tenant as typeof anyPolicy.tenant },
      registered('dock', {}, { tenant }),
      ...['1', '2'].map((id) => asks(`${tenant}-${id}`, 'dock', {}, { tenant })),
      fact('request.malformed', { reason: 'malformed', detail: 'x' }, { origin: 'ada', tenant }),
    ]);
    fold(state, all);
    const before = JSON.stringify(policy.snapshot(state));
    const answers = answersOf(state, START);
    const stored = answers.filter((one) => one.tenant === 'other');
    const again = policy.restore(JSON.parse(before));
    fold(
      again,
      stored.map((one) => ({ ...one, origin: 'decisions', seq: 0, at: START })),
    );
    expect(answersOf(again, START)).toEqual(answers.filter((one) => one.tenant === 'acme'));
  });
});

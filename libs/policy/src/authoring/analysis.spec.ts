/** What an author is told about rules that have no mistakes. */
import { describe, expect, it } from 'vitest';
import { rule, tool } from '../../test/scenario.ts';
import { analysePolicies } from './analysis.ts';

const findings = (...rules: ReturnType<typeof rule>[]) =>
  analysePolicies(rules, [tool('dock'), tool('wipe', { class: 'DESTRUCTIVE' })]).map(
    ({ kind, policy, other }) => `${policy} ${kind}${other === undefined ? '' : ` ${other}`}`,
  );

describe('a rule that can never match', () => {
  it.each([
    'false',
    'args.n > 5 AND args.n < 3',
    'args.n > 5 AND args.n <= 5',
    'agent.name == "a" AND agent.name == "b"',
    'agent.name in ["a", "b"] AND request.project == "p" AND agent.name == "c"',
    'args.force AND NOT args.force',
    'NOT has(args.n) AND has(args.n)',
    'tool.cost > 5 node-hours AND tool.cost < 3 node-hours',
    'tool.name == "dok"',
    'tool.name == "dock" AND tool.destructive',
    'tool.labels.team == "red"',
  ])('%s: told', (condition) => expect(findings(rule('r', 'deny', condition))).toEqual(['r unreachable']));
  it.each([
    'true',
    'args.n > 3 AND args.n < 5',
    'args.n >= 5 AND args.n <= 5',
    'args.n > 3 AND args.m < 2',
    'agent.name == "a" OR agent.name == "b"',
    'tool.destructive',
    'tool.name in ["dock", "other"]',
    'env.production AND NOT env.staging',
  ])('%s: may match', (condition) => expect(findings(rule('r', 'deny', condition))).toEqual([]));
});

describe('a rule that never decides', () => {
  const big = rule('big', 'deny', 'args.n > 100');

  it('within what a stronger rule denies: told', () => {
    expect(findings(big, rule('huge', 'require-approval', 'args.n > 200'))).toEqual(['huge shadowed big']);
    expect(findings(big, rule('huge', 'allow', 'agent.name == "a" AND args.n >= 101'))).toEqual([
      'huge shadowed big',
    ]);
    expect(findings(rule('ask', 'require-approval', 'true'), rule('all', 'allow', 'args.n == 1'))).toEqual([
      'all shadowed ask',
    ]);
  });
  it('wider than the stronger one, or weaker only at times: not told', () => {
    expect(findings(big, rule('some', 'allow', 'args.n > 50'))).toEqual([]);
    expect(findings(big, rule('loud', 'notify', 'args.n > 200', { notify: { groups: ['pi'] } }))).toEqual([]);
    expect(findings(rule('why', 'require-justification', 'true'), rule('all', 'allow', 'true'))).toEqual([]);
  });
  it('shadow rules are neither told nor hold anything back', () =>
    expect(
      findings(
        rule('big', 'deny', 'args.n > 100', { mode: 'shadow' }),
        rule('huge', 'allow', 'args.n > 200'),
      ),
    ).toEqual([]));
});

describe('two rules about the same calls', () => {
  it('one allows what the other denies: a contradiction', () =>
    expect(
      findings(
        rule('no', 'deny', 'args.n > 1 AND agent.name == "a"'),
        rule('yes', 'allow', 'agent.name  ==  "a" AND args.n > 1'),
      ),
    ).toEqual(['yes contradiction no']));
  it('both say the same: the later name is one too many', () =>
    expect(findings(rule('a', 'deny', 'args.n > 1'), rule('b', 'deny', 'args.n > 1'))).toEqual([
      'b duplicate a',
    ]));
  it('a denial within a denial is one too many', () =>
    expect(findings(rule('a', 'deny', 'args.n > 1'), rule('b', 'deny', 'args.n > 5'))).toEqual([
      'b duplicate a',
    ]));
  it('approvals with other terms are not the same', () =>
    expect(
      findings(
        rule('a', 'require-approval', 'true', { approval: { approvers: ['pi'] } }),
        rule('b', 'require-approval', 'true', { approval: { approvers: ['ops'] } }),
      ),
    ).toEqual([]));
});

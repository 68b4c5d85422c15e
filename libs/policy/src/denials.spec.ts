/** What a denied agent is told: the smallest change that passes, and when to stop. */
import { describe, expect, it } from 'vitest';
import {
  allowed,
  anyPolicy,
  asks,
  denied,
  given,
  later,
  published,
  registered,
  rule,
} from '../test/scenario.ts';

const dock = registered('dock', { cost: { 'node-hours': '1 node-hours * args.atoms' } });
const denialOf = (got: readonly { readonly data: unknown }[]) =>
  (got[0]?.data as { readonly denial?: { readonly remedy?: string } } | undefined)?.denial;
const remedyOf = (inputs: object, ...rules: ReturnType<typeof rule>[]): string | undefined => {
  const { got } = given(published(...rules), dock).when(asks('a', 'dock', inputs));
  expect(got[0]?.data).toMatchObject({ verdict: 'deny' });
  return denialOf(got)?.remedy;
};
const atoms = { atoms: 200 };

describe('the smallest change that would pass', () => {
  it.each([
    ['args.atoms > 100', atoms, 'set "atoms" to at most 100 (it is 200)'],
    ['args.atoms >= 100 AND agent.name == "ada"', atoms, 'set "atoms" to less than 100 (it is 200)'],
    ['args.pressure < 3', { atoms: 1, pressure: 2 }, 'set "pressure" to at least 3 (it is 2)'],
    ['args.force', { atoms: 1, force: true }, 'set "force" to false (it is true)'],
    ['has(args.force)', { atoms: 1, force: true }, 'leave out "force"'],
    ['tool.cost > 100 node-hours', atoms, 'ask for at most 100 node-hours (it is 200 node-hours)'],
    ['NOT has(request.justification) AND args.atoms > 1', atoms, 'give a "justification"'],
  ])('%s: told', (condition, inputs, remedy) =>
    expect(remedyOf(inputs, rule('r', 'deny', condition))).toBe(remedy),
  );
  it('another rule denies the changed call too: nothing is said', () =>
    expect(
      remedyOf(atoms, rule('r', 'deny', 'args.atoms > 100'), rule('s', 'deny', 'args.atoms < 150')),
    ).toBeUndefined());
  it('what the agent cannot change: nothing is said', () =>
    expect(remedyOf(atoms, rule('r', 'deny', 'agent.name == "ada" OR args.atoms > 3'))).toBeUndefined());
  it('an absent argument that a rule needs: a value that passes', () =>
    expect(remedyOf({ atoms: 1 }, rule('r', 'deny', 'args.pressure > 3'))).toBe(
      'set "pressure" to at most 3 (it is absent)',
    ));
  it('a change that the tool would not take: nothing is said', () => {
    const strict = registered('dock', { inputs: { type: 'object', required: ['force'] } });
    const { got } = given(published(rule('r', 'deny', 'has(args.force)')), strict).when(
      asks('a', 'dock', { force: true }),
    );
    expect(denialOf(got)).not.toHaveProperty('remedy');
  });
  it('what the changed call would cost is looked at again', () =>
    expect(
      remedyOf(
        { atoms: 1 },
        rule('r', 'deny', 'args.atoms < 5'),
        rule('s', 'deny', 'tool.cost > 3 node-hours'),
      ),
    ).toBeUndefined());
});

describe('the same call, denied again and again', () => {
  const lab = given(published(rule('no', 'deny', 'args.atoms > 100')), dock);
  const first = lab.and(asks('a', 'dock', atoms));
  const second = first.and(asks('b', 'dock', atoms));

  it('the second time: counted', () =>
    first.when(asks('b', 'dock', atoms)).then(denied('b', { repeats: 2, rule: 'no' })));
  it('the third time: final, and says so', () =>
    second
      .when(asks('c', 'dock', atoms))
      .then(
        denied('c', { repeats: 3, final: true, reason: expect.stringMatching(/asked 3 times .*: stop/) }),
      ));
  it('another agent, another argument: the first time', () => {
    for (const call of [asks('c', 'dock', atoms, { origin: 'bob' }), asks('c', 'dock', { atoms: 201 })]) {
      const { got } = second.when(call);
      expect(denialOf(got)).not.toHaveProperty('repeats');
    }
  });
  it('final is no sentence for ever: a rule that is gone lets it pass, and the count begins anew', () => {
    const third = second.and(asks('c', 'dock', atoms), anyPolicy);
    third.when(asks('d', 'dock', atoms)).then(allowed('d'));
    const { got } = third
      .and(asks('d', 'dock', atoms), published(rule('no', 'deny', 'true')))
      .when(asks('e', 'dock', atoms));
    expect(denialOf(got)).not.toHaveProperty('repeats');
  });
  it('a day later: forgotten', () => {
    const { got } = second
      .and(later(90_000, asks('x', 'dock', { atoms: 300 })))
      .when(later(90_001, asks('c', 'dock', atoms)));
    expect(denialOf(got)).not.toHaveProperty('repeats');
  });
  it('a tool that does not exist: final as well', () =>
    given(anyPolicy, asks('a', 'nope'), asks('b', 'nope'))
      .when(asks('c', 'nope'))
      .then(denied('c', { rule: 'writ:unregistered-tool', repeats: 3, final: true })));
  it('a limit: counted, never final, because waiting helps', () => {
    const { got } = given(
      published(rule('few', 'limit', 'true', { limit: { calls: 1, per: 'agent', windowSeconds: 60 } })),
      dock,
      ...['a', 'b', 'c', 'd'].map((id) => asks(id, 'dock', atoms)),
    ).when(asks('e', 'dock', atoms));
    expect(got[0]?.data).toMatchObject({ denial: { repeats: 4, class: 'transient' } });
    expect(JSON.stringify(got)).not.toMatch(/"final"/);
  });
});

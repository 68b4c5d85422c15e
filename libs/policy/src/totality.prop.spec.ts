/** No expression crashes a decision, whatever the arguments are: what cannot be evaluated denies, and says so. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dice, randomCondition } from '../test/reference/random-rules.ts';
import { written } from '../test/reference/syntax.ts';
import { START, rule, tool } from '../test/scenario.ts';
import { Trial, askedCall } from './index.ts';

/** Arguments of the names that the conditions read, each of any kind. */
const inputs = fc.dictionary(
  fc.constantFrom('n', 'm', 's', 'flag', 'list', '__proto__', 'constructor'),
  fc.jsonValue({ maxDepth: 2 }),
);
/** Conditions that hold back nothing: every kind of failure at evaluation. */
const FAILING = [
  'args.n / 0 > 1',
  'args.list[9223372036854775807] == 1',
  'args.s.matches("(a|b)*c") AND args.n',
  'int(args.s) > 3',
  'timestamp(args.s) < time',
  'args.list.all(x, args.list.all(y, x.z == y))',
  'args[args.s][args.s] == args',
  'string(args.n) + args.s == "x"',
  'budget.remaining.usd < 5 USD',
  'request.deadline < time',
  'env[args.s] > 2',
];
const condition = fc.oneof(
  fc.integer().map((seed) => written(randomCondition(dice(seed), 4), seed % 2 === 0)),
  fc.constantFrom(...FAILING),
);

it('any condition over any arguments: a decision, and a failure is named', () => {
  fc.assert(
    fc.property(
      condition,
      inputs,
      fc.constantFrom('allow', 'deny', 'require-approval'),
      (source, args, action) => {
        const trial = new Trial({
          tools: [tool('dock')],
          policies: [rule('r', action, source)],
          environment: { level: 2 },
        });
        const call = askedCall('a', 'ada', 'dock', args, {
          project: 'lab',
          priority: 'normal',
        });
        const { decided } = trial.decide(call, START);
        const [explained] = trial.explain(call, START);
        expect(['allow', 'deny', 'require-approval']).toContain(decided?.verdict);
        if (explained?.outcome !== 'error') return;
        expect(decided).toMatchObject({ verdict: 'deny', denial: { rule: 'r', class: 'structural' } });
        expect(decided?.denial?.reason).toMatch(/^policy "r" could not be evaluated .*: .+/s);
      },
    ),
    { numRuns: 3_000 },
  );
});

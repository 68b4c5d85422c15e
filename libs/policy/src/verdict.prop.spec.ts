/** What holds for all rules: neither their order nor shadow rules ever change a decision. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digestOf } from '@writ/contracts';
import type { Fact, PolicyRule, RecordedFact } from '@writ/contracts';
import { TOOLS, anyRule, inputs, production, someRules, toolName } from '../test/arbitraries.ts';
import { START, answersOf, asks, fact, fold } from '../test/scenario.ts';
import { policy } from './index.ts';

/** One call under some rules; the bundle's name is not compared. */
function decisionUnder(rules: readonly PolicyRule[], env: RecordedFact, call: RecordedFact): Fact['data'] {
  const state = policy.initial();
  const bundle = fact('policy.published', { bundle: digestOf('fixed'), policies: rules });
  fold(state, [...TOOLS, env, bundle, call]);
  const [answer] = answersOf(state, START);
  return answer?.data as Fact['data'];
}

describe('rules', () => {
  it('in another order: the same decision, to the letter', () => {
    fc.assert(
      fc.property(
        someRules.chain((rules) => fc.tuple(fc.constant(rules), shuffled(rules))),
        production,
        toolName,
        inputs,
        ([rules, reordered], env, name, args) => {
          const call = asks('x', name, args);
          expect(decisionUnder(reordered, env, call)).toEqual(decisionUnder(rules, env, call));
        },
      ),
      { numRuns: 150 },
    );
  });
  it('with any shadow rules beside them: the same verdict, denial and terms', () => {
    fc.assert(
      fc.property(
        fc.array(anyRule(fc.constant('enforce')), { minLength: 1, maxLength: 5 }),
        fc.array(anyRule(fc.constant('shadow')), { maxLength: 5 }),
        production,
        toolName,
        inputs,
        (rules, shadow, env, name, args) => {
          const call = asks('x', name, args);
          const { rules: matched, ...decided } = decisionUnder([...shadow, ...rules], env, call) as Decided;
          const { rules: enforced, ...alone } = decisionUnder(rules, env, call) as Decided;
          expect(decided).toEqual(alone);
          expect(matched?.filter(({ mode }) => mode === 'enforce')).toEqual(enforced);
        },
      ),
      { numRuns: 150 },
    );
  });
});

interface Decided {
  readonly rules?: readonly { readonly mode: string }[];
}

function shuffled<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });
}

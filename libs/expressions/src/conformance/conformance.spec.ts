import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileCondition } from '../condition.ts';
import { ExpressionError } from '../expression-error.ts';
import { withSections } from '../readme-sections.ts';
import { callWith } from '../sample-call.ts';
import { conformanceSuites } from './cases.ts';
import { runConformance } from './run.ts';

const results = runConformance();

describe('the public conformance data', () => {
  it('is there: at least 1,500 cases in every suite that is named', () => {
    expect(results.reduce((sum, result) => sum + result.total, 0)).toBeGreaterThanOrEqual(1_500);
    expect(results.filter((result) => result.total === 0)).toEqual([]);
  });

  it.each(results)('$name: as specified', ({ differences }) => {
    expect(differences).toEqual([]);
  });

  it('stands in the README as it is (generate/readme.ts writes it)', () => {
    const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
    expect(withSections(readme, results)).toBe(readme);
  });
});

describe('a boolean case without variables, as a condition', () => {
  const cases = conformanceSuites()
    .flatMap((suite) => suite.cases)
    .filter(
      (one) =>
        one.variables.size === 0 && one.expected !== 'error' && typeof one.expected.value === 'boolean',
    );
  const outcomes = cases.map((one) => ({ one, outcome: outcomeOf(one.source) }));

  it('is refused or gives what plain CEL gives', () => {
    const wrong = outcomes.filter(
      ({ one, outcome }) =>
        outcome !== 'refused' && one.expected !== 'error' && outcome !== one.expected.value,
    );
    expect(wrong).toEqual([]);
  });

  it('is refused in few cases only', () => {
    expect(cases.length).toBeGreaterThan(700);
    expect(outcomes.filter(({ outcome }) => outcome === 'refused').length).toBeLessThanOrEqual(40);
  });
});

function outcomeOf(source: string): boolean | 'refused' {
  try {
    return compileCondition(source).evaluate(callWith({}));
  } catch (error) {
    if (error instanceof ExpressionError) return 'refused';
    throw error;
  }
}

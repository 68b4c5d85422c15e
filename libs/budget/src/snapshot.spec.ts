/** What a restart finds: everything that was owed and held when the state was saved. */
import { describe, expect, it } from 'vitest';
import type { RecordedFact } from '@writ/contracts';
import {
  account,
  alerted,
  allowed,
  answersOf,
  completed,
  ended,
  released,
  reserved,
} from '../test/scenario.ts';
import { balances, budget } from './index.ts';
import type { BudgetState } from './index.ts';

function stateOf(...facts: object[]): BudgetState {
  return facts.reduce<BudgetState>(
    (state, fact) => budget.evolve(state, fact as RecordedFact),
    budget.initial(),
  );
}

function restarted(state: BudgetState): BudgetState {
  return budget.restore(JSON.parse(JSON.stringify(budget.snapshot(state))));
}

describe('a state in which everything is owed at once', () => {
  const busy = () =>
    stateOf(
      account('lab', { usd: 10 }, [0.5]),
      allowed('running', { usd: 6 }),
      reserved('running', ['lab', { usd: 6 }]),
      allowed('denied', { usd: 1 }),
      reserved('denied', ['lab', { usd: 1 }]),
      ended('approval.denied', 'denied'),
      allowed('asking', { usd: 4 }),
    );
  const owed = [
    alerted('lab', 'usd', 0.5, 6, 10),
    released('denied', 'denied'),
    reserved('asking', ['lab', { usd: 4 }]),
  ];

  it('saved and read back: has the same text', () =>
    expect(budget.snapshot(restarted(busy()))).toEqual(budget.snapshot(busy())));
  it('saved and read back: owes the same answers, in the same order', () => {
    expect(answersOf(busy())).toEqual(owed);
    expect(answersOf(restarted(busy()))).toEqual(owed);
  });
  it('settled after it was read back: charges the hold that was open', () => {
    const state = restarted(busy());
    budget.evolve(state, completed('running', { usd: 7, tokens: 1 }));
    expect(balances(state, 'acme' as never, 0)).toMatchObject([
      { spent: 6_000_000n, held: 1_000_000n, overrun: 1_000_000n },
    ]);
  });
});

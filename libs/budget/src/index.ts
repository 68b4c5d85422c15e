/** The budget: accounts, holds and what is left; a pure core. */
export { balances } from './balances.ts';
export { budget } from './budget.ts';
export type { Balance } from './balances.ts';
export type { BudgetState } from './state.ts';

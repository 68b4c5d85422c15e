/**
 * The condition language: CEL with `AND OR NOT` and quantities with units, typed, checked when it is loaded.
 */
export { compileAmount } from './amount.ts';
export { compileCondition } from './condition.ts';
export { explainTree } from './explain-tree.ts';
export { ExpressionError } from './expression-error.ts';
export { HISTORY_WINDOWS, HistoryOutcome, HistoryScope, UNLIMITED_MICROS } from './situation.ts';
export type { Amount } from './amount.ts';
export type { Bindings } from './field.ts';
export type { ComparisonTest, Literal } from './comparison-test.ts';
export type { Condition } from './condition.ts';
export type { Conjunct } from './conjuncts.ts';
export type { Explanation } from './explain.ts';
export type { ExplainedPart } from './explain-tree.ts';
export type { BudgetView, HistoryView, HistoryWindow } from './situation.ts';

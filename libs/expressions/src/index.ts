/**
 * The condition language: CEL with `AND OR NOT` and quantities with units, typed, checked when it is loaded.
 */
export { compileAmount } from './amount.ts';
export { compileCondition } from './condition.ts';
export { ExpressionError } from './expression-error.ts';
export type { Amount } from './amount.ts';
export type { Bindings } from './bindings.ts';
export type { Condition } from './condition.ts';
export type { Explanation } from './explain.ts';

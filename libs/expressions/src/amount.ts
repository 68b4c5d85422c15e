/**
 * Amounts: what a call may use at most of one unit, as a literal (`2 node-hours`, `5`) or computed from its
 * arguments (`0.35 node-hours * args.atoms`). Exact, in millionths of the unit, rounded up, so that a hold is
 * never short.
 */
import { MICROS_PER_UNIT, WritError, memoize, toMicros } from '@writ/contracts';
import type { JsonObject } from '@writ/contracts';
import { MAX_REMEMBERED } from './limits.ts';
import type { Bindings } from './field.ts';
import { checkSource, withinTheStack } from './check.ts';
import { compileNode } from './compile/expression.ts';
import { dimensionOfType } from './compile/quantities.ts';
import { resolveField } from './condition.ts';
import { AMOUNTS } from './environment.ts';
import { ExpressionError } from './expression-error.ts';
import { expressionFailed } from './expression-failed.ts';
import { Fault } from './fault.ts';
import { startSteps } from './steps.ts';
import { typeName } from './type-names.ts';
import { refuseUnitless } from './unitless.ts';
import { accountDimension } from './units.ts';
import type { Dimension } from './units.ts';
import { aKind } from './values/kind.ts';
import { Quantity } from './values/quantity.ts';
import { Uint } from './values/uint.ts';

export interface Amount {
  readonly source: string;
  readonly unit: string;
  /**
   * Millionths of the unit for these arguments. Throws a `WritError` `expression-failed`, and nothing else,
   * when it cannot be computed or is negative.
   */
  evaluate(args: JsonObject): bigint;
}

/**
 * Compiles an amount of `unit`, in which a plain number counts. Throws an `ExpressionError` for any other
 * unit.
 */
export function compileAmount(source: string, unit: string): Amount {
  return remembered(JSON.stringify([source, unit]));
}

const remembered = memoize(MAX_REMEMBERED, (key) => {
  const [source, unit] = JSON.parse(key) as [string, string];
  return withinTheStack(source, () => compile(source, unit));
});

function compile(source: string, unit: string): Amount {
  const { root, rewritten } = checkSource(source, AMOUNTS, unit);
  refuseUnitless(root, source, rewritten);
  const counted = accountDimension(unit);
  const type = root.checkedType;
  const dimension = dimensionOfType(type?.name ?? '');
  const plain = type === undefined || type.kind === 'dyn' || /^(int|uint|double)$/.test(type.name);
  if (dimension !== counted && !plain) {
    const message = `an amount of ${unit} has to be in ${unit} or a plain number; this is ${typeName(type)}`;
    throw new ExpressionError(message, source, rewritten.toSource(root.start, root.end));
  }
  const run = compileNode(root, { source, rewritten, lenient: true, resolve: resolveArguments });
  return {
    source,
    unit,
    evaluate: (args) => {
      startSteps();
      try {
        return notNegative(microsOf(run({ args } as Bindings), counted));
      } catch (thrown) {
        throw thrown instanceof WritError ? thrown : expressionFailed(source, thrown);
      }
    },
  };
}

function resolveArguments(path: readonly string[]): ReturnType<typeof resolveField> {
  return path[0] === 'args' ? resolveField(path) : undefined;
}

function microsOf(value: unknown, counted: Dimension): bigint {
  if (value instanceof Quantity && value.dimension === counted) return value.micros;
  if (typeof value === 'bigint') return value * MICROS_PER_UNIT;
  if (value instanceof Uint) return value.value * MICROS_PER_UNIT;
  if (typeof value !== 'number') throw new Fault(`it is ${aKind(value)}, not a number`);
  if (!Number.isFinite(value)) throw new Fault(`it is ${value}, which is not an amount`);
  return toMicros(value);
}

function notNegative(micros: bigint): bigint {
  if (micros < 0n) throw new Fault('it is negative, and nothing can use less than nothing');
  return micros;
}

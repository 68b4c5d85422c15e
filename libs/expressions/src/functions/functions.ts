/** All functions, by the form of their call. A name in dots (`math.abs`) is called like a function. */
import { BITWISE } from './bits.ts';
import { CALENDAR } from './calendar.ts';
import { CONVERSIONS } from './conversions.ts';
import { ENCODERS } from './encoders.ts';
import { FORMAT_FUNCTIONS, FORMAT_METHODS } from './format.ts';
import { MATCHING } from './matching.ts';
import { MATH } from './math.ts';
import { OPTIONAL_FUNCTIONS, OPTIONAL_METHODS } from './optionals.ts';
import type { FunctionSpec } from './registry.ts';
import { SIZES } from './sizes.ts';
import { TEXT } from './text.ts';

function table(
  ...groups: readonly Readonly<Record<string, FunctionSpec>>[]
): ReadonlyMap<string, FunctionSpec> {
  return new Map(groups.flatMap((group) => Object.entries(group)));
}

/** Called as `f(x)`. */
export const FUNCTIONS = table(
  SIZES,
  CONVERSIONS,
  MATCHING,
  MATH,
  BITWISE,
  ENCODERS,
  FORMAT_FUNCTIONS,
  OPTIONAL_FUNCTIONS,
);

/** Called as `x.f()`; the receiver is the first argument. */
export const METHODS = table(SIZES, TEXT, MATCHING, CALENDAR, FORMAT_METHODS, OPTIONAL_METHODS);

/**
 * What follows from what among simple tests of one path (`args.n > 5` implies `args.n > 3`), and which can never hold
 * together. Whatever is not sure is answered with no.
 */
import type { ComparisonTest, Conjunct, Literal } from '@writ/expressions';

/** Whether every call for which all of `these` hold also has `that`. */
export function imply(these: readonly Conjunct[], that: Conjunct): boolean {
  if (plain(that.text) === 'true') return true;
  return these.some(
    (one) =>
      plain(one.text) === plain(that.text) || (one.test && that.test ? implies(one.test, that.test) : false),
  );
}

/** Two of the tests that no call can pass both. */
export function contradictory(conjuncts: readonly Conjunct[]): readonly [Conjunct, Conjunct] | undefined {
  for (const [index, one] of conjuncts.entries()) {
    for (const other of conjuncts.slice(index + 1)) {
      if (one.test && other.test && exclude(one.test, other.test)) return [one, other];
    }
  }
  return undefined;
}

function implies(one: ComparisonTest, other: ComparisonTest): boolean {
  if (one.path !== other.path || one.dimension !== other.dimension) return false;
  if (isSet(one)) return one.values.every((value) => passes(value, other));
  const [a, b] = [one.values[0], other.values[0]];
  if (one.sign === other.sign && a === b && one.values.length === other.values.length) return true;
  if (a === undefined || b === undefined || typeof a !== typeof b) return false;
  if (isAbove(one) && isAbove(other)) return a > b || (a === b && one.sign === '>');
  if (isBelow(one) && isBelow(other)) return a < b || (a === b && one.sign === '<');
  return false;
}

function exclude(one: ComparisonTest, other: ComparisonTest): boolean {
  if (one.path !== other.path || one.dimension !== other.dimension) return false;
  if (isSet(one)) return one.values.every((value) => isComparable(value, other) && !passes(value, other));
  if (isSet(other)) return exclude(other, one);
  if (one.sign === 'absent' || other.sign === 'absent') return one.sign !== other.sign;
  if (isAbove(other) && isBelow(one)) return exclude(other, one);
  if (!isAbove(one) || !isBelow(other)) return false;
  const [low, high] = [one.values[0], other.values[0]];
  if (low === undefined || high === undefined || typeof low !== typeof high) return false;
  return low > high || (low === high && !(one.sign === '>=' && other.sign === '<='));
}

/** Whether comparing it says true or false at all. */
function isComparable(value: Literal, { sign, values }: ComparisonTest): boolean {
  return sign === 'absent' || (sign !== 'has' && values.every((one) => typeof one === typeof value));
}

function passes(value: Literal, { sign, values }: ComparisonTest): boolean {
  const [bound] = values;
  if (sign === 'has') return true;
  if (sign === 'in' || sign === '==') return values.includes(value);
  if (bound === undefined || typeof bound !== typeof value) return false;
  switch (sign) {
    case '!=':
      return value !== bound;
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    default:
      return false;
  }
}

function isSet({ sign }: ComparisonTest): boolean {
  return sign === '==' || sign === 'in';
}

function isAbove({ sign }: ComparisonTest): boolean {
  return sign === '>' || sign === '>=';
}

function isBelow({ sign }: ComparisonTest): boolean {
  return sign === '<' || sign === '<=';
}

/** Parentheses around the whole and white space say nothing. */
function plain(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

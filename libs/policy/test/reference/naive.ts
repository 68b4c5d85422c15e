/**
 * The reference evaluator of the differential test: walks the data of a condition over the facts of a call, written from
 * the documentation of the language and without a line of Writ's own. A value, or a failure.
 */
import type { Condition, Sign, Term } from './syntax.ts';

/** What conditions see, as plain values: paths lead through nested records. */
export type Facts = Readonly<Record<string, unknown>>;

type Outcome = { readonly value: unknown } | 'failure';
export type Truth = boolean | 'failure';

/** Whether the condition holds; `failure` when that cannot be told. */
export function holds(condition: Condition, facts: Facts): Truth {
  switch (condition.kind) {
    case 'constant':
      return condition.value;
    case 'and':
      return both(holds(condition.left, facts), holds(condition.right, facts), false);
    case 'or':
      return both(holds(condition.left, facts), holds(condition.right, facts), true);
    case 'not': {
      const inner = holds(condition.inner, facts);
      return inner === 'failure' ? inner : !inner;
    }
    case 'if': {
      const test = holds(condition.test, facts);
      return test === 'failure' ? test : holds(test ? condition.yes : condition.no, facts);
    }
    case 'compare':
      return compared(valueOf(condition.left, facts), condition.sign, valueOf(condition.right, facts));
    case 'in':
      return anyText(read(condition.path, facts), condition.values);
    case 'has':
      return isPresent(condition.path, facts);
    case 'flag':
      return truth(read(condition.path, facts));
    case 'starts': {
      const text = read(condition.path, facts);
      if (text === 'failure' || typeof text.value !== 'string') return 'failure';
      return text.value.slice(0, condition.prefix.length) === condition.prefix;
    }
    case 'exists':
      return exists(read(condition.path, facts), condition.sign, condition.bound);
  }
}

/** AND and OR do not mind on which side the deciding value stands, nor whether the other side fails. */
function both(left: Truth, right: Truth, deciding: boolean): Truth {
  if (left === deciding || right === deciding) return deciding;
  return left === 'failure' || right === 'failure' ? 'failure' : !deciding;
}

function valueOf(term: Term, facts: Facts): Outcome {
  switch (term.kind) {
    case 'number':
    case 'text':
    case 'amount':
      return { value: term.value };
    case 'path':
      return read(term.path, facts);
    case 'sum': {
      const start = read(term.path, facts);
      if (start === 'failure' || typeof start.value !== 'number') return 'failure';
      const { value } = start;
      if (term.sign === '+') return { value: value + term.by };
      return { value: term.sign === '-' ? value - term.by : value * term.by };
    }
  }
}

/** Values of different kinds are never equal and have no order. */
function compared(left: Outcome, sign: Sign, right: Outcome): Truth {
  if (left === 'failure' || right === 'failure') return 'failure';
  const [a, b] = [left.value, right.value];
  if (sign === '==') return a === b;
  if (sign === '!=') return a !== b;
  const ordered =
    typeof a === typeof b && (typeof a === 'number' || typeof a === 'string' || typeof a === 'boolean');
  if (!ordered) return 'failure';
  const [x, y] = [a as number, b as number];
  if (sign === '<') return x < y;
  if (sign === '<=') return x <= y;
  return sign === '>' ? x > y : x >= y;
}

function anyText(outcome: Outcome, values: readonly string[]): Truth {
  return outcome === 'failure' ? outcome : values.some((value) => value === outcome.value);
}

function exists(outcome: Outcome, sign: '<' | '>' | '==', bound: number): Truth {
  if (outcome === 'failure' || !Array.isArray(outcome.value)) return 'failure';
  return outcome.value
    .map((item: unknown) => compared({ value: item }, sign, { value: bound }))
    .reduce<Truth>((left, right) => both(left, right, true), false);
}

function truth(outcome: Outcome): Truth {
  return outcome !== 'failure' && typeof outcome.value === 'boolean' ? outcome.value : 'failure';
}

/** An unset fact of the environment is false, an unset label or campaign the empty text, an unset argument a failure. */
function read(path: string, facts: Facts): Outcome {
  const value = at(path, facts);
  if (value !== undefined) return { value };
  if (path.startsWith('env.')) return { value: false };
  return path.startsWith('args.') ? 'failure' : { value: '' };
}

function isPresent(path: string, facts: Facts): boolean {
  const value = at(path, facts);
  return value !== undefined && !(value === '' && path.startsWith('request.'));
}

function at(path: string, facts: Facts): unknown {
  let value: unknown = facts;
  for (const name of path.split('.')) value = (value as Facts | undefined)?.[name];
  return value;
}

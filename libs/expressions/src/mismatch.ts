/**
 * Sentences for operands that do not go together: different dimensions, a missing unit, a non-boolean beside
 * AND.
 */
import { dimensionOfType } from './compile/quantities.ts';
import type { Node, NodeOf } from './compile/syntax.ts';
import { FIELDS } from './fields.ts';
import { typeName } from './type-names.ts';
import { Dimension } from './units.ts';

export interface Sentence {
  readonly message: string;
  /** The part to point at, when it is a smaller one than the library's. */
  readonly node?: { readonly start: number; readonly end: number };
}

type Text = (part: Node) => string;

/** What to say about an operator without an overload for its operands. */
export function overloadSentence(node: Node, text: Text): Sentence | undefined {
  switch (node.op) {
    case '&&':
    case '||':
      return notCondition(node, text);
    case '!_':
      return {
        message: `NOT (!) takes a condition; ${what(node.args, text)}`,
      };
    case '-_':
      return { message: `${what(node.args, text)} and cannot be negated` };
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
      return comparison(node.args[0], node.args[1], text);
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case 'in':
      return operation(node.op, node.args[0], node.args[1], text);
    default:
      return undefined;
  }
}

function notCondition(node: NodeOf<'&&' | '||'>, text: Text): Sentence {
  const word = node.op === '&&' ? 'AND' : 'OR';
  const wrong =
    node.args.find((side) => !/^(bool|dyn)/.test(side.checkedType?.name ?? 'dyn')) ?? node.args[0];
  return {
    message: `${word} joins two conditions; ${what(wrong, text)}, not true or false`,
    node: wrong,
  };
}

/** Two sides that cannot be compared. */
export function comparison(left: Node, right: Node, text: Text): Sentence {
  const one = dimensionOf(left);
  const other = dimensionOf(right);
  if (one !== undefined && other !== undefined) {
    return {
      message: `${what(left, text)}, ${what(right, text)}; ${likeWithLike(left, one, text)}`,
    };
  }
  if (one !== undefined) return withoutUnit(left, one, right, text);
  if (other !== undefined) return withoutUnit(right, other, left, text);
  return {
    message: `${both(left, right, text)} cannot be compared`,
  };
}

/** A quantity beside something that has no unit. */
function withoutUnit(quantity: Node, dimension: Dimension, plain: Node, text: Text): Sentence {
  const unit = exampleUnit(dimension);
  const number = /^(int|uint|double)$/.test(plain.checkedType?.name ?? '');
  const remedy =
    plain.op === 'value' && number
      ? `write ${text(plain)} ${unit}`
      : number || plain.checkedType?.kind === 'dyn'
        ? `multiply it by a unit: ${text(plain)} * 1 ${unit}`
        : `compare it with a quantity such as 10 ${unit}`;
  const lack =
    plain.checkedType?.kind === 'dyn' || number ? 'has no unit' : `is ${typeName(plain.checkedType)}`;
  return {
    message: `${text(quantity)} is in ${dimension}, but ${text(plain)} ${lack}; ${remedy}`,
    node: plain,
  };
}

function operation(sign: string, left: Node, right: Node, text: Text): Sentence {
  const one = dimensionOf(left);
  const other = dimensionOf(right);
  const sides = both(left, right, text);
  if (one !== undefined && other !== undefined && one !== other) {
    return { message: `${sides} are of different kinds; ${likeWithLike(left, one, text)}` };
  }
  if ((sign === '+' || sign === '-') && (one ?? other) !== undefined) {
    return one === undefined
      ? withoutUnit(right, other as Dimension, left, text)
      : withoutUnit(left, one, right, text);
  }
  if (sign === 'in')
    return {
      message: `"in" looks for ${text(left)} in a list or a map; ${what(right, text)}`,
    };
  return { message: `"${sign}" does not take ${sides}` };
}

/** `compare it with node-hours (tool.price is in USD)`. */
function likeWithLike(left: Node, dimension: Dimension, text: Text): string {
  const fields = FIELDS.filter(
    ({ path, type }) =>
      Object.values<string>(Dimension).includes(type) && path.startsWith('tool.') && path !== text(left),
  );
  const known = fields.map((field) => `${field.path} is in ${field.type}`).join(', ');
  const unit = exampleUnit(dimension);
  return `only ${unit} go with ${unit}${known === '' ? '' : ` (${known})`}`;
}

function exampleUnit(dimension: Dimension): string {
  return dimension === Dimension.storage ? 'B' : dimension === Dimension.own ? 'units' : dimension;
}

/**
 * The dimension of a part: a quantity's, or `undefined`. Spans of time have none but are told apart by type.
 */
function dimensionOf(node: Node): Dimension | undefined {
  return dimensionOfType(node.checkedType?.name ?? '');
}

/** `tool.name is text`. */
function what(node: Node, text: Text): string {
  return `${text(node)} is ${typeName(node.checkedType)}`;
}

/** `tool.name (text) and 5 (a whole number)`. */
function both(left: Node, right: Node, text: Text): string {
  const named = (node: Node): string => `${text(node)} (${typeName(node.checkedType)})`;
  return `${named(left)} and ${named(right)}`;
}

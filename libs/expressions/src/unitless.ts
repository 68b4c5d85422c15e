/**
 * Comparisons that the type checker lets pass because one side is dynamic, although they can never hold:
 * arguments and facts come from JSON, which has no quantities; and a closed set is never equal to a word that
 * is not in it.
 */
import { nearestName } from '@writ/contracts';
import { fieldAt } from './fields.ts';
import { dottedPath } from './compile/syntax.ts';
import type { Node } from './compile/syntax.ts';
import { dimensionOfType } from './compile/quantities.ts';
import { ExpressionError } from './expression-error.ts';
import { comparison } from './mismatch.ts';
import { partsOf } from './references.ts';
import type { RewrittenText } from './source/position-map.ts';

const COMPARISONS: ReadonlySet<string> = new Set(['==', '!=', '<', '<=', '>', '>=', '+', '-']);

/** Throws an `ExpressionError` for the first such comparison. */
export function refuseUnitless(root: Node, source: string, rewritten: RewrittenText): void {
  const text = (part: Node): string => {
    const { offset, length } = rewritten.toSource(part.start, part.end);
    return source.slice(offset, offset + length);
  };
  const refuse = (part: { start: number; end: number }, message: string): never => {
    throw new ExpressionError(message, source, rewritten.toSource(part.start, part.end));
  };
  visit(root);

  function visit(node: Node): void {
    for (const part of partsOf(node)) visit(part);
    if (node.op === 'in' && node.args[1].op === 'list') {
      for (const item of node.args[1].args) refuseForeignWord(node.args[0], item);
    }
    if (!COMPARISONS.has(node.op)) return;
    const [left, right] = node.args as readonly [Node, Node];
    if (isQuantity(left) !== isQuantity(right) && (isDynamic(left) || isDynamic(right))) {
      const sentence = comparison(left, right, text);
      refuse(sentence.node ?? node, sentence.message);
    }
    refuseForeignWord(left, right);
    refuseForeignWord(right, left);
  }

  function refuseForeignWord(side: Node, literal: Node): void {
    if (literal.op !== 'value' || typeof literal.args !== 'string') return;
    const path = dottedPath(side)?.join('.');
    const words = path === undefined ? undefined : fieldAt(path)?.oneOf;
    const written = literal.args.toLowerCase();
    if (!words || words.some((word) => word.toLowerCase() === written)) return;
    const meant = nearestName(written, words);
    const hint = meant === undefined ? `it is one of ${words.join(', ')}` : `did you mean "${meant}"?`;
    refuse(literal, `${path} is never "${literal.args}"; ${hint}`);
  }
}

function isQuantity(node: Node): boolean {
  return dimensionOfType(node.checkedType?.name ?? '') !== undefined;
}

function isDynamic(node: Node): boolean {
  return node.checkedType?.kind === 'dyn';
}

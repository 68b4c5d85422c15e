/**
 * A condition as a tree of its parts, each with its value for one call: what `writ policy explain` shows. It is
 * made for people, one call at a time, so it compiles every part anew.
 */
import { messageOf } from '@writ/contracts';
import type { Bindings } from './field.ts';
import { checkSource } from './check.ts';
import { compileNode } from './compile/expression.ts';
import type { Node } from './compile/syntax.ts';
import { resolveField } from './condition.ts';
import { CONDITIONS } from './environment.ts';
import { shownValue } from './explain.ts';
import { partsOf } from './references.ts';
import { startSteps } from './steps.ts';

/** One part of a condition: its source text, its value or why it has none, and the parts it is made of. */
export interface ExplainedPart {
  readonly text: string;
  readonly value?: string;
  readonly error?: string;
  readonly parts: readonly ExplainedPart[];
}

/** @throws ExpressionError for a source that is no condition. */
export function explainTree(source: string, bindings: Bindings): ExplainedPart {
  const { root, rewritten } = checkSource(source, CONDITIONS);
  const options = { source, rewritten, lenient: true, resolve: resolveField };
  return explained(root);

  function explained(node: Node): ExplainedPart {
    const { offset, length } = rewritten.toSource(node.start, node.end);
    const text = source.slice(offset, offset + length);
    const parts = shownParts(node).map(explained);
    try {
      const run = compileNode(node, options);
      startSteps();
      return { text, value: shownValue(run(bindings)), parts };
    } catch (error) {
      return { text, error: messageOf(error), parts };
    }
  }
}

/** The parts that say something: no literals, and nothing within a macro, whose variables have no value here. */
function shownParts(node: Node): readonly Node[] {
  if (node.op === 'rcall' || node.op === 'call') {
    const receiver = node.op === 'rcall' ? [node.args[1]] : [];
    return receiver.filter(isShown);
  }
  if (node.op === '.' || node.op === 'id' || node.op === '.?') return [];
  const parts = partsOf(node);
  // A AND B AND C has three parts, however it was parsed.
  const chained = node.op === '&&' || node.op === '||';
  return parts.flatMap((part) =>
    chained && part.op === node.op ? shownParts(part) : isShown(part) ? [part] : [],
  );
}

function isShown(node: Node): boolean {
  if (node.op === 'value' || node.op === 'list' || node.op === 'map') return false;
  return node.op !== 'call' || partsOf(node).some(isShown);
}

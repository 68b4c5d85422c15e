/**
 * The library's parse and type errors as sentences for the author of a condition: what is wrong with which
 * part, and what would be right. The codes are those of `@marcbachmann/cel-js` 8.
 */
import { nearestName } from '@writ/contracts';
import type { Node, NodeOf } from './compile/syntax.ts';
import { FUNCTIONS, METHODS } from './functions/functions.ts';
import { overloadSentence } from './mismatch.ts';
import type { Sentence } from './mismatch.ts';
import { fieldName } from './source/rewrite.ts';
import type { RewrittenText } from './source/position-map.ts';
import { typeName } from './type-names.ts';

/** An error of the library: its code, its own words, and where in the rewritten text. */
export interface LibraryProblem {
  readonly code: string;
  readonly summary: string;
  readonly range: { readonly start: number; readonly end: number };
  readonly node?: Node | { readonly op?: undefined };
}

/** What to tell the author. */
export function problemSentence(
  problem: LibraryProblem,
  source: string,
  rewritten: RewrittenText,
  names: (path: string) => readonly string[],
): Sentence {
  const node = problem.node?.op === undefined ? undefined : problem.node;
  const text = (part: { start: number; end: number }): string => {
    const { offset, length } = rewritten.toSource(part.start, part.end);
    return source.slice(offset, offset + length);
  };
  switch (problem.code) {
    case 'unknown_variable':
      if (node?.op !== 'id') break;
      return { message: unknownName(node.args, names('')) };
    case 'no_such_key':
      if (node?.op !== '.') break;
      return unknownField(node, names(text(node.args[0]).replace(/\s+/g, '')), text);
    case 'no_such_overload':
    case 'invalid_logical_operand':
      return (node && overloadSentence(node, text)) ?? { message: problem.summary };
    case 'no_matching_overload':
      if (node?.op === 'call' || node?.op === 'rcall') return unknownCall(node, text);
      break;
    case 'cannot_index_type':
      if (node?.op === '.' || node?.op === '[]') {
        return {
          message: `${text(node.args[0])} is ${typeName(node.args[0].checkedType)} and has no fields`,
        };
      }
      break;
    case 'invalid_condition_type':
      if (node)
        return {
          message: `${text(node)} is ${typeName(node.checkedType)}; true or false has to stand here`,
          node,
        };
      break;
    case 'unexpected_token':
    case 'expected_token':
    case 'unexpected_character':
      return { message: syntaxSentence(problem, text) };
    case 'limit_exceeded':
      return { message: `the expression is too big: ${lowerFirst(problem.summary)}` };
  }
  return { message: lowerFirst(problem.summary) };
}

function unknownName(name: string, known: readonly string[]): string {
  const meant = nearestName(name, known);
  const hint = meant === undefined ? `known: ${known.join(', ')}` : `did you mean "${meant}"?`;
  return `unknown name "${name}"; ${hint}`;
}

function unknownField(node: NodeOf<'.'>, known: readonly string[], text: (part: Node) => string): Sentence {
  const base = text(node.args[0]);
  const name = fieldName(node.args[1]);
  const meant = nearestName(name, known);
  const hint = meant === undefined ? `it has ${known.join(', ')}` : `did you mean "${meant}"?`;
  return {
    message: `${base} has no field "${name}"; ${hint}`,
    node: { start: node.end - node.args[1].length, end: node.end },
  };
}

function unknownCall(node: NodeOf<'call' | 'rcall'>, text: (part: Node) => string): Sentence {
  const namespace = node.op === 'rcall' && node.args[1].op === 'id' ? `${node.args[1].args}.` : '';
  const qualified = [...FUNCTIONS.keys()].some((known) => namespace !== '' && known.startsWith(namespace));
  const name = qualified ? namespace + node.args[0] : node.args[0];
  const known = node.op === 'call' || qualified ? FUNCTIONS : METHODS;
  const args = node.op === 'call' ? node.args[1] : qualified ? node.args[2] : [node.args[1], ...node.args[2]];
  if (!known.has(name)) {
    const meant = nearestName(name, known.keys());
    return {
      message: `unknown function "${name}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`,
    };
  }
  const given = args.map((arg) => `${text(arg)} (${typeName(arg.checkedType)})`).join(', ');
  return { message: `${name}() cannot be called so: it was given ${given || 'nothing'}` };
}

const TOKEN_NAMES: Readonly<Record<string, string>> = {
  EOF: 'the end',
  NUMBER: 'a number',
  STRING: 'a string',
  BYTES: 'bytes',
  BOOLEAN: 'true or false',
  NULL: 'null',
  IDENTIFIER: 'a name',
  LPAREN: '"("',
  RPAREN: '")"',
  LBRACKET: '"["',
  RBRACKET: '"]"',
  LBRACE: '"{"',
  RBRACE: '"}"',
  DOT: '"."',
  COMMA: '","',
  COLON: '":"',
  QUESTION: '"?"',
};

function syntaxSentence(
  problem: LibraryProblem,
  text: (part: { start: number; end: number }) => string,
): string {
  const written = text(problem.range).trim();
  const found = written === '' ? 'the end' : `"${written}"`;
  if (problem.code === 'expected_token') {
    const wanted = /^Expected (\w+)/.exec(problem.summary)?.[1] ?? '';
    return `${TOKEN_NAMES[wanted] ?? wanted} is missing before ${found}`;
  }
  if (problem.code === 'unexpected_token') {
    return written === ''
      ? 'the expression ends where a value has to follow'
      : `a value has to stand where ${found} stands`;
  }
  return `${found} cannot stand here; an operator (AND, OR, ==, ...) or the end was expected`;
}

function lowerFirst(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1);
}

/**
 * Slips of people who come from another language (`=`, `and`, `<>`): found before the parser, because a
 * parser can only say that it met an unexpected character.
 */
import { ExpressionError } from '../expression-error.ts';
import { TokenKind } from './tokens.ts';
import type { Token } from './tokens.ts';

const SIGNS: Readonly<Record<string, string>> = {
  '=': 'to compare, write == (there is no assignment)',
  '&': 'write && or AND',
  '|': 'write || or OR',
  ';': 'a condition is one expression; join two with AND or OR',
};

const WORDS: Readonly<Record<string, string>> = {
  and: 'write AND (in capitals) or &&',
  or: 'write OR (in capitals) or ||',
  not: 'write NOT (in capitals) or !',
  And: 'write AND (in capitals) or &&',
  Or: 'write OR (in capitals) or ||',
  Not: 'write NOT (in capitals) or !',
  is: 'to compare, write ==',
};

/** Throws for a token that is surely a slip; `before` and `after` are its neighbours without spaces. */
export function refuseSlip(
  source: string,
  token: Token,
  before: Token | undefined,
  after: Token | undefined,
): void {
  const span = { offset: token.offset, length: token.text.length };
  if (token.kind === TokenKind.sign) {
    const unequal = token.text === '<' && after?.text === '>' && after.offset === token.offset + 1;
    const hint = unequal
      ? 'to compare, write !='
      : Object.hasOwn(SIGNS, token.text)
        ? SIGNS[token.text]
        : undefined;
    if (hint !== undefined)
      throw new ExpressionError(`"${unequal ? '<>' : token.text}" is not an operator; ${hint}`, source, span);
  }
  if (
    token.kind === TokenKind.word &&
    Object.hasOwn(WORDS, token.text) &&
    besideAnOperand(token, before, after)
  ) {
    throw new ExpressionError(`"${token.text}" is not an operator; ${WORDS[token.text]}`, source, span);
  }
}

/** A word right beside an operand can only be meant as an operator. */
function besideAnOperand(token: Token, before: Token | undefined, after: Token | undefined): boolean {
  const neighbour = /^not$/i.test(token.text) ? after : before;
  if (!neighbour) return false;
  return neighbour.kind !== TokenKind.sign || (neighbour === before && /^[)\]}]$/.test(neighbour.text));
}

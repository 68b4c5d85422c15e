/**
 * The tokens of CEL, as far as a rewrite needs them: where strings and comments begin and end, so that
 * nothing inside them is ever touched, and what is a number or a word.
 */

export const TokenKind = {
  space: 'space',
  text: 'text',
  number: 'number',
  word: 'word',
  quotedWord: 'quoted-word',
  sign: 'sign',
} as const;
export type TokenKind = (typeof TokenKind)[keyof typeof TokenKind];

export interface Token {
  readonly kind: TokenKind;
  readonly offset: number;
  readonly text: string;
}

/** Sticky, tried in this order; a string that does not end swallows the rest, and the parser reports it. */
const RULES: readonly (readonly [TokenKind, RegExp])[] = [
  [TokenKind.space, /(?:[ \t\r\n\f\v]|\/\/[^\n]*)+/y],
  [TokenKind.text, /(?:[rR][bB]?|[bB][rR]?)?(?:"""|''')/y],
  [TokenKind.text, /(?:[rR][bB]?|[bB][rR]?)?["']/y],
  [
    TokenKind.number,
    /0[xX][0-9a-fA-F]+[uU]?|(?:\d+\.\d+|\.\d+|\d+)(?:[eE][+-]?\d+)?(?:[uU](?![A-Za-z0-9_]))?/y,
  ],
  [TokenKind.word, /[A-Za-z_][A-Za-z0-9_]*/y],
  [TokenKind.quotedWord, /`[A-Za-z0-9_./ -]*`/y],
  [TokenKind.sign, /&&|\|\||[=!<>]=|\.\?|[^]/y],
];

/** All tokens of a source, with nothing left out: their texts joined are the source. */
export function tokens(source: string): Token[] {
  const found: Token[] = [];
  let offset = 0;
  while (offset < source.length) {
    const token = tokenAt(source, offset);
    found.push(token);
    offset += token.text.length;
  }
  return found;
}

function tokenAt(source: string, offset: number): Token {
  for (const [kind, rule] of RULES) {
    rule.lastIndex = offset;
    const match = rule.exec(source)?.[0];
    if (match === undefined) continue;
    const end = kind === TokenKind.text ? endOfText(source, offset, match) : offset + match.length;
    return { kind, offset, text: source.slice(offset, end) };
  }
  return { kind: TokenKind.sign, offset, text: source.slice(offset, offset + 1) };
}

/**
 * Where a string literal that opens with `opening` ends: after its closing quotes, or at the end of the
 * source.
 */
function endOfText(source: string, offset: number, opening: string): number {
  const quotes = opening.replace(/^[rRbB]+/, '');
  const raw = /[rR]/.test(opening);
  let at = offset + opening.length;
  while (at < source.length) {
    if (source.startsWith(quotes, at)) return at + quotes.length;
    if (quotes.length === 1 && source[at] === '\n') return at;
    at += source[at] === '\\' && !raw ? 2 : 1;
  }
  return source.length;
}

/**
 * Where a character of a YAML scalar's value stands in the file. An expression knows offsets in its own text; quoting,
 * escapes, folding and block indentation lie between that text and the file. Only visible characters are aligned,
 * because white space is what folding rewrites, and a mistake is always at a visible character or at the end.
 */
import { Scalar } from 'yaml';

/** Length of an escape by the letter behind the backslash; every other escape has two characters. */
const ESCAPE_LENGTH: Readonly<Record<string, number>> = { x: 4, u: 6, U: 10 };

/** Escapes whose value is white space (or a continued line), which the alignment skips. */
const BLANK_ESCAPES = new Set(['n', 't', 'r', 'v', 'f', ' ', '\t', '\n', '\r', '_', 'N', 'L', 'P']);

/** Offset in the file of the character at `offset` of the scalar's value; its end for an offset past the last one. */
export function fileOffset(text: string, scalar: Scalar.Parsed, offset: number): number {
  const value = String(scalar.value);
  let at = contentStart(text, scalar);
  let last = at;
  for (let index = 0; index <= Math.min(offset, value.length - 1); index++) {
    const character = value.charAt(index);
    if (/\s/.test(character)) continue;
    at = skipBlanks(text, at, scalar.type);
    if (index === offset) return at;
    const length = unitLength(text, at, scalar.type);
    at += length;
    last = at;
    // An escape beyond the basic plane stands for two UTF-16 units of the value.
    if (length === 10 && value.codePointAt(index)! > 0xffff) index++;
  }
  return offset < value.length ? skipBlanks(text, at, scalar.type) : last;
}

function contentStart(text: string, scalar: Scalar.Parsed): number {
  const start = scalar.range[0];
  switch (scalar.type) {
    case Scalar.QUOTE_DOUBLE:
    case Scalar.QUOTE_SINGLE:
      return start + 1;
    case Scalar.BLOCK_LITERAL:
    case Scalar.BLOCK_FOLDED: {
      const header = text.indexOf('\n', start);
      return header < 0 ? start : header + 1;
    }
    default:
      return start;
  }
}

function skipBlanks(text: string, from: number, type: Scalar.Type | undefined): number {
  let at = from;
  for (;;) {
    if (/\s/.test(text.charAt(at))) at++;
    else if (type === Scalar.QUOTE_DOUBLE && text[at] === '\\' && BLANK_ESCAPES.has(text.charAt(at + 1)))
      at += 2;
    else return at;
  }
}

function unitLength(text: string, at: number, type: Scalar.Type | undefined): number {
  if (type === Scalar.QUOTE_SINGLE) return text[at] === "'" ? 2 : 1;
  if (type !== Scalar.QUOTE_DOUBLE || text[at] !== '\\') return 1;
  return ESCAPE_LENGTH[text.charAt(at + 1)] ?? 2;
}

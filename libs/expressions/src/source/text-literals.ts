/**
 * String and bytes literals that the parser would read differently from the CEL specification, spelled so
 * that it reads them right: raw strings with a backslash, raw bytes, and bytes beyond ASCII (which are
 * UTF-8). All others stay as they are. The value that the author meant never changes.
 */

const LITERAL = /^([rRbB]*)("""|'''|"|')([^]*)\2$/;
const ENCODER = new TextEncoder();

/** The same literal for the parser; the very same text in nearly every case. */
export function textForParser(literal: string): string {
  const parts = LITERAL.exec(literal);
  if (!parts) return literal;
  const [, prefix = '', quotes = '', body = ''] = parts;
  const raw = /r/i.test(prefix);
  const bytes = /b/i.test(prefix);
  if (bytes && raw) return `b"${hexEscapes(body)}"`;
  if (bytes) return `b${quotes}${body.replace(/[^\0-\x7f]+/gu, hexEscapes)}${quotes}`;
  if (raw && body.includes('\\')) return `"${escapeAll(body)}"`;
  return literal;
}

function hexEscapes(text: string): string {
  return Array.from(ENCODER.encode(text), (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}

function escapeAll(text: string): string {
  return text.replace(/[\\"\n\r]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

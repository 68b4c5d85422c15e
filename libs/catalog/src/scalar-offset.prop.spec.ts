import fc from 'fast-check';
import { Document, Scalar, parseDocument } from 'yaml';
import { describe, expect, it } from 'vitest';
import { fileOffset } from './scalar-offset.ts';

const STYLES = ['PLAIN', 'QUOTE_DOUBLE', 'QUOTE_SINGLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED'] as const;

/** Words of an expression, with what quoting and folding change: quotes, backslashes, breaks, other alphabets. */
const word = fc.constantFrom(
  'tool.cost',
  '>',
  '1000',
  'node-hours',
  'AND',
  '"x"',
  "'y'",
  '\\d',
  'é',
  '漢',
  '𝛼',
  '(',
  ')',
);
const gap = fc.constantFrom(' ', ' ', '\n', '\n  ', '\t');
const text = fc.array(fc.tuple(word, gap), { minLength: 1, maxLength: 25 }).map((parts) =>
  parts
    .map(([a, b]) => a + b)
    .join('')
    .trim(),
);

describe('any text in any style of scalar', () => {
  it('every visible character is found at its place in the file', () => {
    fc.assert(
      fc.property(
        text,
        fc.constantFrom(...STYLES),
        fc.integer({ min: 20, max: 60 }),
        (value, style, lineWidth) => {
          const scalar = new Scalar(value);
          scalar.type = style;
          const file = new Document({ policies: [{ condition: scalar }] }).toString({ lineWidth });
          const parsed = parseDocument(file, { keepSourceTokens: true }).getIn(
            ['policies', 0, 'condition'],
            true,
          ) as Scalar.Parsed;
          const source = String(parsed.value);
          expect(source.split(/\s+/).join('')).toBe(value.split(/\s+/).join(''));
          for (let offset = 0; offset < source.length; offset++) {
            const character = source.charAt(offset);
            if (/\s/.test(character)) continue;
            const at = fileOffset(file, parsed, offset);
            const found = file.charAt(at);
            const escaped = found === '\\' && parsed.type === 'QUOTE_DOUBLE';
            expect(escaped ? file.charAt(at + 1) : found).toBe(character);
          }
        },
      ),
    );
  });
});

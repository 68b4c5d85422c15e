/**
 * The words by which an invocation is found: those of its inputs and outputs, and of what was said about it (reasons,
 * details, errors). Letters and digits count, case does not; what is searched for is cut into words the same way.
 */
import { MAX_WORDS, MAX_WORD_LENGTH } from './limits.ts';

const BETWEEN_WORDS = /[^\p{L}\p{N}]+/u;
const ASCII = /^[\0-\x7f]*$/;
/** Of a longer one the rest is not searched. */
const LONGEST_TEXT = MAX_WORDS * MAX_WORD_LENGTH;

/** Deeper values are not searched. */
const DEEPEST = 8;

/** Adds the words of every text in a JSON value, each once, as long as there is room. */
export function addWords(words: string[], value: unknown, depth = 0): void {
  if (typeof value === 'string') return addText(words, value);
  if (typeof value !== 'object' || value === null || depth === DEEPEST) return;
  const parts: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
  for (const part of parts) {
    if (words.length >= MAX_WORDS) return;
    addWords(words, part, depth + 1);
  }
}

/** The words that are searched for. */
export function wordsOf(text: string): readonly string[] {
  const words: string[] = [];
  addText(words, text);
  return words;
}

function addText(words: string[], whole: string): void {
  const text = whole.slice(0, LONGEST_TEXT);
  if (ASCII.test(text)) return addAsciiWords(words, text);
  for (const part of text.split(BETWEEN_WORDS))
    if (part.length >= 2) keepWord(words, part.toLowerCase().slice(0, MAX_WORD_LENGTH).toWellFormed());
}

/** The same as cutting at `BETWEEN_WORDS`, which makes a list of all parts first. */
function addAsciiWords(words: string[], text: string): void {
  const lower = text.toLowerCase();
  let start = 0;
  for (let index = 0; index <= lower.length; index++) {
    if (index < lower.length && isLowerLetterOrDigit(lower.charCodeAt(index))) continue;
    if (index - start >= 2) keepWord(words, lower.slice(start, Math.min(index, start + MAX_WORD_LENGTH)));
    start = index + 1;
  }
}

function isLowerLetterOrDigit(code: number): boolean {
  return (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39);
}

function keepWord(words: string[], word: string): void {
  if (words.length < MAX_WORDS && !words.includes(word)) words.push(word);
}

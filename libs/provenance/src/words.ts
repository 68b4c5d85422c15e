/**
 * The words by which an invocation is found: those of its inputs and outputs, and of what was said about it (reasons,
 * details, errors). Letters and digits count, case does not; what is searched for is cut into words the same way.
 */
import { MAX_WORDS, MAX_WORD_LENGTH } from './limits.ts';

const BETWEEN_WORDS = /[^\p{L}\p{N}]+/u;

/** Deeper values are not searched. */
const DEEPEST = 8;

/** Adds the words of every text in a JSON value, each once, as long as there is room. */
export function addWords(words: string[], value: unknown, depth = 0): void {
  if (typeof value === 'string') return addText(words, value);
  if (typeof value !== 'object' || value === null || depth === DEEPEST) return;
  for (const part of Object.values(value)) {
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

function addText(words: string[], text: string): void {
  for (const part of text.slice(0, MAX_WORDS * MAX_WORD_LENGTH).split(BETWEEN_WORDS)) {
    if (part.length < 2) continue;
    const word = part.toLowerCase().slice(0, MAX_WORD_LENGTH).toWellFormed();
    if (words.length >= MAX_WORDS) return;
    if (!words.includes(word)) words.push(word);
  }
}

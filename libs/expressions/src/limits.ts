/**
 * Every bound of the condition language. What exceeds one is refused with a sentence, when loaded or when
 * evaluated.
 */

/** Longest condition or amount, in characters; the policy and tool files allow no more. */
export const MAX_SOURCE_LENGTH = 4_000;

/** Most nodes of one expression's syntax tree. */
export const MAX_NODES = 4_000;

/** Deepest nesting of one expression. */
export const MAX_DEPTH = 100;

/**
 * Work that one evaluation may do, in steps: one for every element that a macro visits, and one for every
 * `BYTES_PER_STEP` characters or elements that an operation walks over. At worst about a tenth of a second.
 */
export const MAX_STEPS = 500_000;

/** Characters of text, or elements of a list, that count as one step. */
export const BYTES_PER_STEP = 16;

/** Most states of one compiled regular expression. */
export const MAX_REGEX_STATES = 5_000;

/** Compiled conditions, and as many amounts, that are kept by their source. */
export const MAX_REMEMBERED = 4_096;

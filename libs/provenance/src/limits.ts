/** Bounds of one record: what outsiders may add to it for ever (votes, repeats) is kept up to here and counted beyond. */

/** Votes that one record keeps; later ones are counted only. A quorum is at most 16 persons. */
export const MAX_VOTES_KEPT = 64;

/** Grants that one record keeps; later ones are counted only. */
export const MAX_ATTEMPTS_KEPT = 64;

/** Earlier lives of one invocation id (used again after `ID_HORIZON_MS`); the oldest are dropped and counted. */
export const MAX_EARLIER_LIVES = 64;

/** Facts after the end that one record keeps; there should be none. */
export const MAX_BREACHES_KEPT = 16;

/** Facts of one invocation whose places an index keeps: enough for every retry and vote that a record keeps. */
export const MAX_FACTS_TRACED = 512;

/** Longest JSON text of inputs that a record repeats; of longer ones it keeps the digest, the ledger has the value. */
export const MAX_INPUTS_LENGTH = 8 * 1024;

/** Most words by which one invocation is found, and the most characters of each that count. */
export const MAX_WORDS = 48;
export const MAX_WORD_LENGTH = 40;

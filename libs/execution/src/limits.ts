/** Every bound of a run, in one place. */

/** Longest `error.code` and `error.message` that a fact may carry (schema of `execution.completed`). */
export const MAX_ERROR_CODE_LENGTH = 64;
export const MAX_ERROR_MESSAGE_LENGTH = 4_000;

/** Largest output that is kept at all, by default; over `MAX_INLINE_PAYLOAD_BYTES` it goes to the payload store. */
export const DEFAULT_MAX_OUTPUT_BYTES = 8 * 1024 * 1024;

/** Finished grants that a session remembers beyond what the protocol needs; a defence against a forgetful scheduler. */
export const FINISHED_GRANTS_KEPT = 65_536;

/** Most units that one tool may report. */
export const MAX_REPORTED_UNITS = 32;

/** Largest amount of one unit that a tool may report; far below where micro-units of a double stop being exact enough. */
export const MAX_REPORTED_AMOUNT = 1e12;

/** Most changed files or keys that one completion names, and the longest name of one; as in `execution.completed`. */
export const MAX_WRITES_TOLD = 16;
export const MAX_WRITE_LENGTH = 512;

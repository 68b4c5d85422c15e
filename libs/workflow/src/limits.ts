/** Every bound of the gate. What one answer holds has to fit into one commit, whatever was submitted. */

/** Most runs of one tenant that may be open at once. */
export const MAX_OPEN_RUNS = 10_000;

/** Largest output of a node, in characters of its canonical JSON; a larger one belongs into the object store. */
export const MAX_OUTPUT_LENGTH = 64 * 1_024;

/** Most violations that one rejection names; the first ones say enough. */
export const MAX_VIOLATIONS = 32;

/** Longest detail of one violation and longest feedback, in characters. */
export const MAX_DETAIL_LENGTH = 600;
export const MAX_FEEDBACK_LENGTH = 4_000;

/** The same for what flows into a node: one answer may stop as many nodes as a workflow has. */
export const MAX_INPUT_DETAIL_LENGTH = 200;

/** Most problems of a workflow that are told at once. */
export const MAX_PROBLEMS = 64;

/** How much later than the data a `fetchedAt` may say, because the agent's clock is not the ledger's. */
export const LABEL_TOLERANCE_MS = 5_000;

/** Largest JSON Schema of a contract, in characters, and its deepest nesting. */
export const MAX_SCHEMA_LENGTH = 16_384;
export const MAX_SCHEMA_DEPTH = 32;

/** Compiled schemas that are kept; they are made again when they are needed. */
export const MAX_COMPILED_SCHEMAS = 2_000;

/** Most types that a type may be derived through. */
export const MAX_TYPE_DEPTH = 8;

/** Most kinds of failure that are remembered for a project, most fixes for each, most calls of a fix, most in one report. */
export const MAX_FAILURE_KINDS = 500;
export const MAX_FIXES = 4;
export const MAX_FIX_CALLS = 16;
export const MAX_REPORTED_FAILURES = 20;

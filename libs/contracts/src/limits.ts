/** Every bound of the wire, in one place. A bound that another depends on is checked by `limits.spec.ts`. */

/** Most events that one commit may hold. */
export const MAX_EVENTS_PER_COMMIT = 512;

/** Most bytes that one commit may hold; half of the server's default `max_payload`, so that headers always fit. */
export const MAX_COMMIT_BYTES = 512 * 1024;

/** Largest `inputs` or `output` that travels inside an event; a larger one goes to the object store by digest. */
export const MAX_INLINE_PAYLOAD_BYTES = 64 * 1024;

/** Most calls in one step (the tool calls of one LLM generation). */
export const MAX_CALLS_PER_STEP = 256;

/** Longest subject token: tenant, agent, approver, executor, project, campaign, tool. */
export const MAX_TOKEN_LENGTH = 64;

/** Longest free text that a person or agent may attach (justification, reason). */
export const MAX_TEXT_LENGTH = 2_000;

/** Most calls that one request may name as its causes. */
export const MAX_CAUSES = 64;

/** Longest name of a person who is no approver: an address, a distinguished name. */
export const MAX_PERSON_LENGTH = 256;

/** Most accounts above one, so that a circle of parents ends. */
export const MAX_ANCESTORS = 64;

/** Deepest nesting of `inputs`; deeper values are refused before anything recurses into them. */
export const MAX_INPUT_DEPTH = 64;

/** How long (ledger time) an invocation id is remembered, so that a repeated request has no second effect. */
export const ID_HORIZON_MS = 24 * 60 * 60 * 1_000;

/** Most invocation ids that one decider remembers, whatever the horizon, so that its memory stays bounded. */
export const MAX_REMEMBERED_IDS = 1_000_000;

/** Every bound of the scheduler. What one answer returns must fit one commit beside the answers of other calls. */

/** Most facts of one answer: half of a commit, and about 80 KiB of it. */
export const MAX_FACTS_PER_ANSWER = 256;

/** Longest resource key in characters; a longer one is cut, which can only make more keys overlap. */
export const MAX_KEY_LENGTH = 256;

/** Most levels of a hierarchical key; deeper ones are cut, which can only make more keys overlap. */
export const MAX_KEY_LEVELS = 16;

/** Most characters of all keys of one plan (at most 6 bytes each on the wire); a larger plan is sequential, without keys. */
export const MAX_PLAN_KEY_CHARACTERS = 48 * 1024;

/** Slots of a time window: it moves in steps of a second, or of the 120th part of a longer one. */
export const MAX_WINDOW_SLOTS = 120;

/** Alerts that wait for their webhooks, oldest forgotten first. */
export const MAX_OPEN_ALERTS = 1_000;

/** Versions of one tool that are kept for calls decided under an older catalog, besides those that living calls use. */
export const MAX_TOOL_VERSIONS = 8;

/** Lost sessions that are remembered, oldest forgotten first, so that a zombie's pull gets no grant. */
export const MAX_LOST_SESSIONS = 10_000;

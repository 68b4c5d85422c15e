/** Every bound of the scheduler. What one answer returns must fit one commit beside the answers of other calls. */

/** Most facts of one answer: half of a commit, and about 80 KiB of it. */
export const MAX_FACTS_PER_ANSWER = 256;

/** Calls that executors of a pool would ask for, with one each: up to here each call goes to another one. */
export const MOST_SPREAD_A_SECOND = 2_000;

/** Most calls that an executor is given in its turn beyond that. */
export const MAX_BUNCH = 8;

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

/** How often a tool is asked what became of a call, when who asks is lost each time; then a person is asked. */
export const MAX_QUERIES = 3;

/** Urgencies of one hundred are one band: 0..99 goes before 100..199, and so on. */
export const URGENCIES_PER_BAND = 100;

/** Usage of tenants, projects and campaigns counts half after this time. */
export const USAGE_HALF_LIFE_MS = 7 * 24 * 60 * 60 * 1_000;

/** A call without a deadline that waits longer in the queue is overdue: as urgent as any, and due since then. */
export const AGEING_BOUND_SECONDS = 600;

/** Queues that are looked at for one grant while calls with requirements wait; those behind wait for the next grant. */
export const MAX_QUEUES_PER_LOOK = 2_000;

/** Accounts that are kept whether they are used or not. */
export const MAX_IDLE_ACCOUNTS = 10_000;

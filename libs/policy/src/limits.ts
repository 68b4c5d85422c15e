/**
 * Every bound of the policy core. What one answer holds has to fit into one commit (`MAX_COMMIT_BYTES`),
 * whatever was published.
 */

/** Most calls of one tenant that may wait for people at once; the next one is denied as transient. */
export const MAX_WAITING_CALLS = 10_000;

/** Most matched rules that one decision names; when more matched, those that weigh most in the verdict. */
export const MAX_RECORDED_RULES = 64;

/** Most limits that may count one call; a call that more of them match is denied. */
export const MAX_COUNTED_LIMITS = 32;

/** The how manieth identical denial of one agent is the last word. */
export const DENIALS_UNTIL_FINAL = 3;

/** Longest `because` of one matched rule, in characters. */
export const MAX_BECAUSE_LENGTH = 300;

/** Longest reason or detail that is written for a person, in characters. */
export const MAX_REASON_LENGTH = 2_000;

/** Most groups of approvers that merged terms name; fewer groups can only mean fewer who may say yes. */
export const MAX_APPROVER_GROUPS = 256;

/** Most different demands of one approval; a call for which more rules ask each in another way is denied. */
export const MAX_DEMANDS = 16;

/** Most votes kept of one call; those of people who are asked come before those of people who may be later. */
export const MAX_VOTES = 256;

/** Most people that a broken glass names as skipped. */
export const MAX_SKIPPED = 256;

/** Most delegations of one tenant that are in force at once. */
export const MAX_DELEGATIONS = 10_000;

/** Most standing grants of one person that are in force at once. */
export const MAX_STANDING_GRANTS = 100;

/** Most agents of one tenant of whose approvals something is remembered. */
export const MAX_REQUESTERS = 10_000;

/** Most latest approvals that are remembered of one agent. */
export const MAX_LATEST_APPROVALS = 5;

/** Largest amount of one unit, in millionths: what 30 decimal digits on the wire can say. */
export const MAX_AMOUNT_MICROS = 10n ** 30n - 1n;

/** Compiled input schemas that are kept; a compiled one takes some hundred kilobytes. */
export const MAX_REMEMBERED_SCHEMAS = 256;

/** Every bound of the budget core. What bounds its memory is open calls and the catalog: both are bounded elsewhere. */

/** Most account names that a refusal compares with an unknown name, so that a misspelt name stays cheap to refuse. */
export const MAX_NAMES_COMPARED = 200;

/** Most mistyped characters for which a refusal still says "did you mean". */
export const MAX_EDITS = 2;

/** Most account names that a refusal lists. */
export const MAX_NAMES_LISTED = 5;

/** Most calls that a refusal names as those whose holds would have to end. */
export const MAX_HOLDS_NAMED = 5;

/** Most window ends that a refusal looks ahead; debts are repaid within 100 windows, a rolling window has 61 buckets. */
export const MAX_WINDOWS_AHEAD = 128;

/** Answered entries that a queue keeps in front of its first waiting one before it lets go of their slots. */
export const MAX_SPENT_SLOTS = 1_024;

/** Parts of a rolling window; what is spent counts for up to one part longer than the window. */
export const ROLLING_BUCKETS = 60;

/** Most ways from a project and campaign to its accounts that are kept; agents name them, so they are not trusted. */
export const MAX_WAYS = 10_000;

/** Most answers that may be given while balances wait to be stated: about one statement in each full commit. */
export const MAX_ANSWERS_UNSTATED = 60;

/** Most limits, and steps in which time takes something off them, in one fact of a statement: some 50 KiB. */
export const MAX_STATED = 500;

/** Most terms that are kept for other limits with the same to share. */
export const MAX_TERMS_SHARED = 1_000;

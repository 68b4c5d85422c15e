/** Every bound of the budget core. What bounds its memory is open calls and the catalog: both are bounded elsewhere. */

/** Most account names that a refusal compares with an unknown name, so that a misspelt name stays cheap to refuse. */
export const MAX_NAMES_COMPARED = 200;

/** Most mistyped characters for which a refusal still says "did you mean". */
export const MAX_EDITS = 2;

/** Most account names that a refusal lists. */
export const MAX_NAMES_LISTED = 5;

/** Answered entries that a queue keeps in front of its first waiting one before it lets go of their slots. */
export const MAX_SPENT_SLOTS = 1_024;

/** Bounds of the process around the scheduler's core. */

/** How often executors' silence is looked at. */
export const CHECK_MS = 500;

/** After so many grants a pull ends: its executor remembers finished grants until its next pull. */
export const MAX_GRANTS_PER_PULL = 1_000;

/** When an executor is told again to end a grant that has not ended. */
export const STOP_AGAIN_MS = 1_000;

/** Alerts on their way to webhooks at once; the others wait, oldest first. */
export const MAX_ALERTS_AT_ONCE = 16;

/** How long one webhook may take to answer. */
export const ALERT_TIMEOUT_MS = 10_000;

/** Pauses between attempts double from the first to the longest. */
export const ALERT_FIRST_RETRY_MS = 1_000;
export const ALERT_LONGEST_RETRY_MS = 5 * 60_000;

/** An alert that no webhook took for so long is given up. */
export const ALERT_MAX_AGE_MS = 24 * 60 * 60_000;

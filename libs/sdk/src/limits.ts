/** Bounds of one agent's connection. */
import { MAX_COMMIT_BYTES, MAX_EVENTS_PER_COMMIT } from '@writ/contracts';

/** Most requests that go out in one message. */
export const MAX_EVENTS_PER_MESSAGE = MAX_EVENTS_PER_COMMIT;

/** Most bytes of one message: a commit's bound, less the brackets around the events. */
export const MAX_MESSAGE_BYTES = MAX_COMMIT_BYTES - 2;

/** First and longest pause before a message whose fate is unknown is sent again. */
export const FIRST_RESEND_PAUSE_MS = 100;
export const LONGEST_RESEND_PAUSE_MS = 2_000;

/** A call whose outcome takes longer than this is asked about, in case its notice was lost. */
export const FIRST_ENQUIRY_MS = 2_000;
/** Longest pause between enquiries that bring nothing new. */
export const LONGEST_ENQUIRY_PAUSE_MS = 10_000;
/** Calls asked about in one request; their answers carry outputs, which must fit into one reply. */
export const CALLS_PER_ENQUIRY = 100;

/** How often a runner asks where its run stands, in case a notice of it was lost. */
export const RUN_ENQUIRY_MS = 2_000;

/** How long a query may take. */
export const QUERY_TIMEOUT_MS = 5_000;

/** How long a page of an export may take: before the first one, the audit catches up with the ledger. */
export const EXPORT_TIMEOUT_MS = 60_000;

/** Calls that `map` keeps under way when nothing is said. */
export const DEFAULT_CONCURRENCY = 64;

/** Calls that a worker runs at once when nothing is said. */
export const DEFAULT_WORKER_CONCURRENCY = 8;

/** How long a stopping worker lets its calls finish. */
export const WORKER_DRAIN_MS = 20_000;

/** Characters that are gathered before an export writes them. */
export const WRITE_CHARACTERS = 256 * 1024;

/** Bytes that are copied at once from a list's file into a report. */
export const COPY_BYTES = 256 * 1024;

/** How often a page of an export is asked for before the export is given up, and the pauses between. */
export const PAGE_TRIES = 6;
export const FIRST_PAGE_PAUSE_MS = 50;
export const LONGEST_PAGE_PAUSE_MS = 5_000;

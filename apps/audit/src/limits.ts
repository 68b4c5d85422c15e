/**
 * Every bound of the projection. What is read from the ledger and not yet stored is bounded in bytes; beyond that the
 * fold is stopped and begun again later at the same place, because the ledger keeps everything and this process need not.
 */

/**
 * Ledger bytes that may be in memory without being stored. As rows and chunks, which most of them are at once, they
 * take a third of that.
 */
export const MAX_UNSTORED_BYTES = 4 * 1024 * 1024;

/** Ledger bytes that are asked for at once. */
export const BURST_BYTES = 512 * 1024;

/** Pause between two readings of the ledger when it is level; the status of a call is at most this old. */
export const BURST_INTERVAL_MS = 250;

/** So much is stored at once, without waiting for the interval. */
export const FLUSH_BYTES = 512 * 1024;

/** Ledger bytes folded without letting anything else run. */
export const SLICE_BYTES = 128 * 1024;

/**
 * Pause between two transactions. Most calls begin and end within it and so cost one row write instead of several; the
 * status of a call does not wait for it, because it is answered from memory.
 */
export const FLUSH_INTERVAL_MS = 200;

/**
 * An invocation that is still open this long after something about it was folded is stored as it stands. Longer than most
 * calls take, so that most are written once; as short as a restart may read the ledger again.
 */
export const OPEN_STORED_AFTER_MS = 4_000;

/** Traces in memory; the oldest stored ones beyond that are read back when a fact about them comes. */
export const MAX_LIVE_TRACES = 50_000;

/** Most bytes of raw commits in one row: what is decompressed to read one of them. */
export const CHUNK_BYTES = 128 * 1024;

/** A chunk of fewer bytes is stored as it is: compressing costs 40 us however little there is. */
export const COMPRESS_FROM_BYTES = 16 * 1024;

/** Chunks that are kept unpacked for the next reader. */
export const UNPACKED_CHUNKS = 16;

/** First and longest pause after a failure of Postgres or of the ledger; it doubles in between. */
export const RETRY_FIRST_MS = 100;
export const RETRY_LONGEST_MS = 2_000;

/** How often a standby looks whether it may take over. */
export const STANDBY_POLL_MS = 1_000;

/** Text of the records in one page of an export: half of the server's `max_payload`, so that the rest always fits. */
export const EXPORT_PAGE_BYTES = 500 * 1024;

/** Most rows that are read for one page. */
export const EXPORT_PAGE_ROWS = 400;

/** Chunks that are read for one page of events: a page takes three or four. */
export const EXPORT_CHUNKS = 4;

/** Parsed commits that are kept while a page of events is made. */
export const PARSED_COMMITS = 64;

/** Chunks that one part of a lineage's walk looks through: some 8 MB. */
export const LINEAGE_CHUNKS = 64;

/** Text of the facts in one status reply; the caller asks again for the others. */
export const STATUS_REPLY_BYTES = 500 * 1024;

/** Invocations that are looked up in Postgres by one query. */
export const LOOKUP_ROWS = 500;

/** How long an export waits until everything that the ledger holds is stored. */
export const CAUGHT_UP_WITHIN_MS = 10_000;

/** Connections to Postgres: one writes, one reads back, the others answer queries. */
export const MAX_CONNECTIONS = 4;

export const CONNECT_TIMEOUT_MS = 5_000;

/** A query that takes longer is given up by both sides. */
export const QUERY_TIMEOUT_MS = 30_000;

/** How often an idle writer asks Postgres whether it is still there. */
export const PROBE_INTERVAL_MS = 1_000;

/** Traces of calls that are exported in one second; what more there is, is counted as dropped. */
export const TRACES_A_SECOND = 500;

/** Traces that wait for commits to be read back from Postgres. */
export const TRACES_WAITING = 1_000;

/** Calls under way whose agents trace; the oldest beyond that are kept only for what becomes of them. */
export const SAMPLED_CALLS = 50_000;

/** Events of calls under way whose traces will be made; those of the oldest beyond that are read back. */
export const FOLLOWED_BYTES = 4 * 1024 * 1024;

/** A call that ended longer ago is not exported any more: it was, when it happened, or nobody waits for it. */
export const OLDEST_TRACE_MS = 3_600_000;
/** Sessions of executors whose machines are kept in memory; others are read again. */
export const SESSIONS_KEPT = 50_000;

/** Every bound of the executor's I/O. Times in milliseconds, sizes in bytes. */

/** Pauses between retries of a pull, a tool's spec, a payload or a commit. */
export const FIRST_RETRY_MS = 20;
export const LONGEST_RETRY_MS = 2_000;

/** Attempts at reading or storing a payload before the call fails for it. */
export const MOST_ATTEMPTS = 8;

/** Tool specs kept ready; a fetch is one request, so forgetting the oldest costs little. */
export const TOOLS_KEPT = 4_096;

/**
 * The scheduler's leader holds a pull for 5 s (`WRIT_PULL_HOLD_MS`); later than this its reply is lost. Well below the
 * time after which a silent session is given up (`WRIT_EXECUTOR_SILENT_MS`).
 */
export const PULL_TIMEOUT_MS = 6_500;

/** An answer without grants that comes sooner was not held open; the next pull waits for a retry's pause. */
export const HELD_PULL_MS = 100;

/** Bound of every other request. */
export const REQUEST_TIMEOUT_MS = 5_000;

/** How long a stopping executor lets its running calls finish. */
export const DRAIN_MS = 20_000;

/** How long it waits for the answer to the pull that was open when it began to stop. */
export const FAREWELL_MS = 1_000;

/** Most bytes of an event beside its output, its message and its usage: envelope, ids of the greatest length, digests. */
export const EVENT_OVERHEAD_BYTES = 1_200;

/**
 * How long a worker thread may be expected to be busy with the calls that share it. Also how long it may leave a
 * message unread before it counts as blocked.
 */
export const SHARED_THREAD_MS = 5;

/** Up to this much expected work gathers on one thread before other threads are used. */
export const PACKED_THREAD_MS = 0.5;

/** How long a worker thread that could not start stays unreplaced. */
export const WORKER_RESTART_MS = 200;

/** How often timeouts and blocked workers are looked for while calls run. */
export const SWEEP_MS = 10;

/** After SIGTERM, how long a process group has before SIGKILL. */
export const TERM_GRACE_MS = 2_000;

/** After a command has exited, how long its output may stay open (a daemon that left the group can hold it). */
export const OUTPUT_GRACE_MS = 200;

/** What is kept of a failed command's stderr: its last bytes. */
export const STDERR_TAIL_BYTES = 2_048;

/** Files and folders below a tool's watched paths that are compared; of a larger tree only what was seen both times. */
export const MAX_WATCHED_ENTRIES = 10_000;

/** Bounds of a command that names none of its own: processes at once, open files in each, largest file. */
export const COMMAND_PROCESSES = 256;
export const OPEN_FILES = 1_024;
export const LARGEST_FILE_MB = 10_240;

/** Most that a command may write to stderr in all. */
export const MOST_STDERR_BYTES = 8 * 1024 * 1024;

/** Most process slots that can be configured; each has a user of its own when the executor is root. */
export const MOST_PROCESSES = 7_000;

/** As root, the user of the first process slot; outside of what distributions hand out. */
export const FIRST_TOOL_USER = 58_000;

/** How soon a command's processes are looked at first, and how seldom at last. */
export const FIRST_LOOK_MS = 10;
export const LONGEST_LOOK_MS = 250;

/** Longest note of progress, and how often a call may send one; what comes in between is left out. */
export const LONGEST_PROGRESS_BYTES = 4_096;
export const PROGRESS_EVERY_MS = 100;

/** First pause before an HTTP request is repeated. */
export const FIRST_HTTP_RETRY_MS = 100;

/** A worker of a `nats` tool that is silent for longer than this is taken for dead. */
export const WORKER_SILENT_MS = 15_000;

/** As root, MCP servers run as the user of this slot, which no command ever has. */
export const MCP_SERVER_SLOT = MOST_PROCESSES;

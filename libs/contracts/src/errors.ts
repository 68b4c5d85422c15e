/** One error type for all of Writ: a closed `code` for programs, a sentence for people, details for both. */

export interface WritErrorOptions {
  /** Whether the same call may succeed later without any change. */
  readonly retryable?: boolean;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

export class WritError extends Error {
  override readonly name = 'WritError';
  readonly code: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;

  /** `code` in kebab-case (`stream-full`); `message` says what is wrong, where, and what would be right. */
  constructor(code: string, message: string, options: WritErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.details = options.details ?? {};
  }
}

/** Crashes the process with a sentence when what must always hold does not. Always on, also in production. */
export function invariant(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new WritError('broken-invariant', sentence);
}

/** The text of whatever was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

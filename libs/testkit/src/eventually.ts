/**
 * Waiting without sleeping: a condition is asked until it holds, with a bound, so that a test ends as soon as it can
 * and a failure says what was waited for.
 */
import { WritError, messageOf } from '@writ/contracts';

export interface EventuallyOptions {
  readonly withinMs: number;
  /** What is waited for, as the end of "it never happened that ...". */
  readonly what: string;
}

/** First pause between two questions; it doubles up to the longest one. */
const SHORTEST_PAUSE_MS = 2;
const LONGEST_PAUSE_MS = 50;

/**
 * Resolves with the first truthy answer. A condition that throws does not hold yet; its last error ends up in the
 * message. @throws WritError `not-in-time`
 */
export async function eventually<T>(
  condition: () => T | Promise<T>,
  options: EventuallyOptions,
): Promise<NonNullable<T>> {
  const end = performance.now() + options.withinMs;
  let last = 'it stayed false';
  for (let pause = SHORTEST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      const answer = await condition();
      if (answer) return answer;
    } catch (error) {
      if (error instanceof Hopeless) throw error.cause;
      last = messageOf(error);
    }
    if (performance.now() >= end) {
      throw new WritError(
        'not-in-time',
        `within ${options.withinMs} ms it never happened that ${options.what}: ${last}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

/** Thrown by a condition that can never hold any more: `eventually` then fails at once with this cause. */
export class Hopeless extends Error {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

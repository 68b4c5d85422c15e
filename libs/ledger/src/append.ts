/**
 * Appends until the answer is known. An `unknown` append may have landed, may still land, or never will: only the
 * subject itself can tell, so its tail is read from the stream's leader before the same bytes are sent again.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { WritError } from '@writ/contracts';
import type { Append, Ledger } from './port.ts';

/** Never `unknown`. */
export type ResolvedAppend =
  { readonly status: 'committed'; readonly seq: number } | { readonly status: 'conflict' };

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 2_000;
const FULL_RETRY_MS = 250;

/**
 * Appends `request` exactly once. Needs `expected` to be exact: without it a retry may store a second copy, which only
 * a reader that ignores repeats can bear.
 * @throws WritError what `Ledger.append` throws; a signal's reason when it aborts.
 */
export async function appendResolved(
  ledger: Ledger,
  request: Append,
  signal?: AbortSignal,
): Promise<ResolvedAppend> {
  const first = await ledger.append(request);
  return first.status === 'unknown' ? resolveUnknown(ledger, request, signal) : first;
}

/**
 * Keeps trying while the ledger is full or away: for a writer whose state is ahead of the ledger, so that nothing may
 * overtake or lose this commit. `onTrouble` hears at every attempt why it is not stored yet.
 * @throws WritError what can never be stored; the signal's reason when it aborts.
 */
export async function appendInTheEnd(
  ledger: Ledger,
  request: Append,
  signal: AbortSignal,
  onTrouble: (sentence: string) => void,
): Promise<ResolvedAppend> {
  for (;;) {
    try {
      return await appendResolved(ledger, request, signal);
    } catch (error) {
      if (!(error instanceof WritError) || !error.retryable) throw error;
      onTrouble(error.message);
      await delay(FULL_RETRY_MS, undefined, { signal });
    }
  }
}

/** What became of an append whose answer did not arrive. Keeps asking while the ledger cannot be reached. */
export async function resolveUnknown(
  ledger: Ledger,
  request: Append,
  signal?: AbortSignal,
): Promise<ResolvedAppend> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    signal?.throwIfAborted();
    const found = await findStored(ledger, request).catch(() => undefined);
    if (found === undefined) {
      await delay(pause, undefined, signal === undefined ? {} : { signal });
      continue;
    }
    if (found !== 'absent') return found;
    const again = await ledger.append(request);
    if (again.status === 'committed') return again;
    // A conflict after an unknown append may be the first one landing late: look again before believing it.
    if (again.status === 'conflict') {
      const late = await findStored(ledger, request).catch(() => undefined);
      if (late !== undefined) return late === 'absent' ? again : late;
    }
  }
}

/** Whether the commit stands on its subject, its place was taken, or nothing has happened there yet. */
async function findStored(ledger: Ledger, request: Append): Promise<ResolvedAppend | 'absent'> {
  const tail = await ledger.tail(request.subject);
  if (tail?.id === request.id) return { status: 'committed', seq: tail.seq };
  if (request.expected === undefined || (tail?.seq ?? 0) === request.expected) return 'absent';
  for await (const commit of ledger.read({ subject: request.subject, from: request.expected + 1 })) {
    if (commit.id === request.id) return { status: 'committed', seq: commit.seq };
  }
  return { status: 'conflict' };
}

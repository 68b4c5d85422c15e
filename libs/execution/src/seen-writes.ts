/** What a run was seen to write, as its completion tells it: bounded, and absent from every run that wrote nothing. */
import type { Conclusion } from './conclusion.ts';
import { MAX_WRITE_LENGTH, MAX_WRITES_TOLD } from './limits.ts';
import type { SeenWrites } from './run-result.ts';

export function withWrites(conclusion: Conclusion, seen: SeenWrites | undefined): Conclusion {
  if (seen === undefined || seen.length === 0) return conclusion;
  const writes = seen.slice(0, MAX_WRITES_TOLD).map((write) => write.slice(0, MAX_WRITE_LENGTH));
  // Every character may take six bytes as a JSON escape.
  const bytes = writes.reduce((sum, write) => sum + 6 * write.length + 3, 0);
  return {
    ...conclusion,
    ending: { ...conclusion.ending, writes },
    inlineBytes: conclusion.inlineBytes + bytes,
  };
}

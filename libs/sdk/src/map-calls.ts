/** One tool over many inputs, a bounded number at a time, outcomes in the order of the inputs. */
import { WritError } from '@writ/contracts';
import type { MapInputs, MapOptions, RunOptions } from './call-options.ts';
import { DEFAULT_CONCURRENCY } from './limits.ts';
import type { CallOutcome } from './outcome.ts';

/** After an abort no further input is sent; those that were not have the outcome `cancelled`. */
export async function mapCalls(
  run: (options: RunOptions) => Promise<CallOutcome>,
  inputs: MapInputs,
  options: MapOptions,
): Promise<CallOutcome[]> {
  const { concurrency = DEFAULT_CONCURRENCY, onProgress, tool, ...terms } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new WritError('invalid-call', `concurrency must be a whole number from 1 on, not ${concurrency}`);
  }
  const source = Symbol.asyncIterator in inputs ? inputs[Symbol.asyncIterator]() : inputs[Symbol.iterator]();
  const total = Array.isArray(inputs) ? { total: inputs.length } : {};
  const outcomes: CallOutcome[] = [];
  let next = 0;
  let done = 0;
  const failure = new AbortController();
  const worker = async (): Promise<void> => {
    while (!failure.signal.aborted) {
      const index = next++;
      const item = await source.next();
      if (item.done) return;
      const outcome = await run({ ...terms, tool, inputs: item.value }).catch((error: unknown) => {
        failure.abort();
        throw error;
      });
      outcomes[index] = outcome;
      onProgress?.({ done: ++done, ...total, index, outcome });
    }
  };
  try {
    await Promise.all(Array.from({ length: concurrency }, worker));
    return outcomes;
  } finally {
    await source.return?.();
  }
}

import type { Grant } from '@writ/contracts';
import { describe, expect, it } from 'vitest';
import { LONGEST_PROGRESS_BYTES } from './limits.ts';
import { progressTo } from './progress-notices.ts';

const grant = { tenant: 'lab', agent: 'ada', invocation: 'i-1', attempt: 1, fencingToken: 9 } as Grant;

function telling(...notes: readonly unknown[]): unknown[] {
  const told: unknown[] = [];
  const progress = progressTo(
    {
      now: () => 0,
      notify: (_, __, batch) => void told.push(...(JSON.parse(Buffer.from(batch).toString()) as unknown[])),
    },
    grant,
  );
  for (const note of notes) progress(note);
  return told;
}

describe('progress of a call', () => {
  it('told: is a notice to its agent that names the call', () => {
    expect(telling({ percent: 5 })).toMatchObject([
      {
        type: 'execution.progress',
        id: '9-1',
        data: { invocation: 'i-1', attempt: 1, note: { percent: 5 } },
      },
    ]);
  });

  it('told again at once: is left out', () => {
    expect(telling(1, 2, 3)).toHaveLength(1);
  });

  it.each([['x'.repeat(LONGEST_PROGRESS_BYTES)], [undefined]])(
    'that is no small JSON value: is left out',
    (note) => {
      expect(telling(note)).toEqual([]);
    },
  );
});

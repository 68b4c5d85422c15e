import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executionCompleted } from './execution.ts';
import { isPlainCompletion } from './execution-guard.ts';

const GOOD = {
  invocation: 'i-1',
  attempt: 1,
  agent: 'ada',
  executor: 'node-7',
  session: 's_1',
  argsDigest: `sha256:${'0a'.repeat(32)}`,
  outcome: 'succeeded',
  output: { any: ['thing'] },
  outputDigest: `sha256:${'9f'.repeat(32)}`,
  usage: { calls: '1000000', 'node-hours': '12' },
  startedAtMs: 1.5,
  endedAtMs: 2,
};

describe('the quick check of a completion', () => {
  it('an ordinary completion: is accepted without the schema', () => {
    expect(isPlainCompletion(GOOD)).toBe(true);
    expect(executionCompleted.safeParse(GOOD).success).toBe(true);
  });

  it('whatever it accepts: the schema accepts too, and leaves as it is', () => {
    const odd = fc.oneof(
      fc.constantFrom(
        undefined,
        null,
        '',
        'x.y',
        'sha256:',
        -1,
        0,
        1.5,
        {},
        [],
        { calls: '1' },
        { Calls: '1' },
        { calls: '-' },
        'failed',
        'a'.repeat(65),
      ),
      fc.anything(),
      fc.string(),
    );
    const field = fc.constantFrom(...Object.keys(GOOD));
    fc.assert(
      fc.property(fc.array(fc.tuple(field, odd), { maxLength: 3 }), (changes) => {
        const data = { ...GOOD, ...Object.fromEntries(changes) };
        if (!isPlainCompletion(data)) return;
        expect(executionCompleted.parse(data)).toEqual(data);
      }),
      { numRuns: 5_000 },
    );
  });
});

/** Whether an attempt is followed by another one. */
import { describe, expect, it } from 'vitest';
import type { Grant, ToolSpec } from '@writ/contracts';
import { failureClassOf, repeatOf } from './retry.ts';

const RETRY = {
  attempts: 3,
  backoffSeconds: 4,
  maxBackoffSeconds: 10,
  on: ['timeout', 'unavailable'],
} as const;
const BUSY = { outcome: 'failed', error: { code: 'http-503', message: 'busy' } } as const;

const grant = (failures?: number, invocation = 'a'): Grant =>
  ({
    tenant: 'lab',
    invocation,
    attempt: 1,
    ...(failures === undefined ? {} : { failures }),
  }) as unknown as Grant;
const tool = (effects: string): ToolSpec =>
  ({ class: 'NETWORK', effects, retry: RETRY }) as unknown as ToolSpec;

describe('the kind of a failure', () => {
  it.each([
    ['timed-out', 'timeout', 'timeout'],
    ['failed', 'worker-crashed', 'crash'],
    ['failed', 'spawn-failed', 'crash'],
    ['failed', 'unreachable', 'connection'],
    ['failed', 'ECONNREFUSED', 'connection'],
    ['failed', 'http-429', 'unavailable'],
    ['failed', 'http-500', 'unavailable'],
    ['failed', 'http-404', 'error'],
    ['failed', 'exit-code', 'error'],
    ['failed', 'invalid-output', undefined],
    ['failed', 'invalid-inputs', undefined],
    ['failed', 'digest-mismatch', undefined],
    ['cancelled', 'cancelled', undefined],
    ['succeeded', '', undefined],
  ] as const)('%s, %s: %s', (outcome, code, expected) =>
    expect(failureClassOf({ outcome, error: { code, message: '' } })).toBe(expected),
  );
});

describe('an attempt that failed', () => {
  it.each([
    ['pure', true, 'yes'],
    ['keyed', true, 'yes'],
    ['queryable', true, 'ask'],
    ['once', true, 'no'],
    ['queryable', false, 'yes'],
    ['once', false, 'yes'],
  ])('of a %s tool, started %s: %s', (effects, started, status) =>
    expect(repeatOf(tool(effects), grant(), started, BUSY).status).toBe(status),
  );

  it('of a kind that the owner does not name: is the last one', () =>
    expect(
      repeatOf(tool('pure'), grant(), true, { outcome: 'failed', error: { code: 'exit-code', message: '' } }),
    ).toEqual({ status: 'no' }));

  it('of a tool without retry: is the last one', () =>
    expect(repeatOf({ class: 'READ_ONLY' }, grant(), false, BUSY)).toEqual({ status: 'no' }));

  it('when two have failed before: is the last one', () =>
    expect(repeatOf(tool('pure'), grant(2), true, BUSY)).toEqual({ status: 'no' }));

  it('the pauses: double up to the longest, half of each by chance, and the same for the same attempt', () => {
    const pauses = [grant(), grant(1)].map((one) => repeatOf(tool('pure'), one, true, BUSY));
    const [first, second] = pauses.map((one) => ('waitMs' in one ? one.waitMs : 0)) as [number, number];
    expect(first).toSatisfy((ms: number) => ms >= 2_000 && ms < 4_000);
    expect(second).toSatisfy((ms: number) => ms >= 4_000 && ms < 8_000);
    expect(repeatOf(tool('pure'), grant(), true, BUSY)).toEqual(pauses[0]);
    const many = new Set(
      Array.from({ length: 50 }, (_, index) =>
        JSON.stringify(repeatOf(tool('pure'), grant(0, `i${index}`), true, BUSY)),
      ),
    );
    expect(many.size).toBeGreaterThan(40);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InvocationId, TenantId } from '@writ/contracts';
import { keptBecause } from './sampling.ts';
import type { FollowedCall } from './sampling.ts';
import { CallIds, isHeadSampled, runTraceparent, withinRatio } from './trace-ids.ts';

const NEVER = { ratio: 0, slowMs: 1_000 };
const tenant = 'lab' as TenantId;

function call(more: Partial<FollowedCall> = {}): FollowedCall {
  return {
    tenant,
    invocation: 'i-1' as InvocationId,
    outcome: 'succeeded',
    verdict: 'allow',
    attempts: 1,
    askedAt: 0,
    openedAt: undefined,
    endedAt: 999,
    ...more,
  };
}

describe('a call that nobody chose', () => {
  it.each([
    ['plain and quick: is not kept', {}, undefined],
    ['denied: is kept', { outcome: 'denied' }, 'denial'],
    ['refused by the budget: is kept', { outcome: 'refused' }, 'denial'],
    ['failed: is kept', { outcome: 'failed' }, 'error'],
    ['expired: is kept', { outcome: 'expired' }, 'error'],
    ['of two attempts: is kept', { attempts: 2 }, 'retry'],
    ['slow: is kept', { endedAt: 1_000 }, 'slow'],
    ['that people were asked about: is kept', { openedAt: 3 }, 'approval'],
    ['denied by people: is kept as an approval', { openedAt: 3, outcome: 'denied' }, 'approval'],
    ['not ended: is not kept yet', { outcome: undefined, endedAt: undefined, openedAt: 3 }, undefined],
  ] as const)('%s', (_title, more, why) => expect(keptBecause(call(more), false, NEVER)).toBe(why));

  it('chosen by its agent: is kept', () => expect(keptBecause(call(), true, NEVER)).toBe('sampled'));
});

describe('the ratio', () => {
  it('chooses about its share of all calls, and the same ones in every process', () => {
    const ids = Array.from({ length: 20_000 }, (_, index) => `i-${index}`);
    const chosen = ids.filter((id) => withinRatio(id, 0.05));
    expect(chosen.length).toBeGreaterThan(800);
    expect(chosen.length).toBeLessThan(1_200);
    expect(chosen.every((id) => withinRatio(id, 0.06))).toBe(true);
    expect(ids.some((id) => withinRatio(id, 0))).toBe(false);
    expect(ids.every((id) => withinRatio(id, 1))).toBe(true);
  });

  it('does not count where the agent has decided', () => {
    const parent = (flags: string) => ({
      tenant,
      invocation: 'i-1' as InvocationId,
      traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}`,
    });
    expect([isHeadSampled(parent('01'), 0), isHeadSampled(parent('00'), 1)]).toEqual([true, false]);
    expect(runTraceparent(parent('01'), 1, 0)).toMatch(/^00-a{32}-[0-9a-f]{16}-01$/);
  });
});

it('hops of one call: no two have a span in common, however often it is tried', () => {
  const ids = new CallIds({ tenant, invocation: 'i-1' as InvocationId });
  const kinds = ['decide', 'queue', 'execute', 'start', 'run'];
  const tries = Array.from({ length: 2_000 }, (_, index) =>
    kinds.map((kind) => `${kind}/${index + 1}`),
  ).flat();
  const hops = ['call', 'approval', 'reserve', 'resolution', 'cancel', ...tries];
  const spans = hops.map((hop) => ids.spanIdOf(hop));
  expect(new Set(spans).size).toBe(hops.length);
  expect(spans.every((span) => /^[0-9a-f]{16}$/.test(span))).toBe(true);
});

it('calls of different tenants, ids and attempts: no two have a span in common', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.tuple(fc.string(), fc.string(), fc.nat(9)), { minLength: 2, selector: String }),
      (some) => {
        const names = some.filter(([a, b]) => !`${a}${b}`.includes('/'));
        const all = names.map(([owner, id, attempt]) =>
          runTraceparent({ tenant: owner as TenantId, invocation: id as InvocationId }, attempt, 1),
        );
        expect(new Set(all).size).toBe(all.length);
      },
    ),
  );
});

/**
 * Both ways to plan any step, against each other and against a naive conflict graph: the order of what conflicts is the
 * same, the graph takes exactly its critical path, and waves never take less.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InvocationId } from '@writ/contracts';
import { spanOf } from '../test/span.ts';
import { schedule, scheduleGraph } from './index.ts';
import type { ToolRule, WaveCall } from './index.ts';

const key = fc
  .array(fc.constantFrom('a', 'b', 'ab'), { minLength: 1, maxLength: 3 })
  .map((levels) => levels.join('/'));
const rule: fc.Arbitrary<ToolRule> = fc.record(
  {
    class: fc.constantFrom('READ_ONLY', 'read_only', 'READ_ONLY', 'LOCAL_WRITE', 'NETWORK', 'destructive'),
    keys: fc.array(fc.oneof(key, fc.constant('{args.k}'), fc.constant('a/{args.k}')), { maxLength: 2 }),
  },
  { requiredKeys: [] },
);
const rules = fc.tuple(rule, rule, rule).map((all) => new Map(all.map((one, index) => [`t${index}`, one])));
const steps = fc
  .array(
    fc.record({
      tool: fc.constantFrom('t0', 't1', 't2', 't3'),
      k: fc.option(key),
      ms: fc.integer({ min: 1, max: 50 }),
    }),
    { maxLength: 14 },
  )
  .map((all) => ({
    calls: all.map(({ tool, k }, index): WaveCall => {
      return { invocation: `${index}` as InvocationId, tool, inputs: k === null ? {} : { k } };
    }),
    millis: all.map(({ ms }) => ms),
  }));

const overlap = (a: string, b: string): boolean => a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);

/** What a call touches, read naively: undefined when it may be anything. */
function bounds({ tool, inputs }: WaveCall, terms: ToolRule | undefined): string[] | undefined {
  const declared = (terms?.keys ?? []).map((text) =>
    text.includes('{') ? ('k' in inputs ? text.replace('{args.k}', String(inputs.k)) : undefined) : text,
  );
  const reads = (terms?.class ?? 'READ_ONLY').toUpperCase() === 'READ_ONLY';
  if (declared.some((text) => text === undefined) || (!reads && declared.length === 0)) return undefined;
  const named = declared.length === 0 || terms?.class === undefined ? [tool] : [];
  return [...named, ...(declared as string[])];
}

function conflicts(a: string[] | undefined, b: string[] | undefined): boolean {
  return !a || !b || a.some((mine) => b.some((other) => overlap(mine, other)));
}

/** Start and end of each call when it starts as soon as every earlier call that it conflicts with has ended. */
function criticalPath(
  touched: readonly (string[] | undefined)[],
  millis: readonly number[],
): [number, number][] {
  const spans: [number, number][] = [];
  for (const [index, mine] of touched.entries()) {
    const before = spans.filter((_, earlier) => conflicts(mine, touched[earlier]));
    const start = Math.max(0, ...before.map(([, end]) => end));
    spans.push([start, start + (millis[index] ?? 0)]);
  }
  return spans;
}

describe('any step', () => {
  it('as a graph: takes its critical path, never longer than waves; what conflicts keeps its order in both', () => {
    fc.assert(
      fc.property(steps, rules, ({ calls, millis }, registry) => {
        const touched = calls.map((call) => bounds(call, registry.get(call.tool)));
        const byGraph = spanOf(scheduleGraph(calls, registry, { parallelEnabled: true }), millis);
        const byWaves = spanOf({ waves: schedule(calls, registry, { parallelEnabled: true }) }, millis);
        expect(byGraph).toEqual(criticalPath(touched, millis));
        for (const [index, [start, end]] of byGraph.entries()) {
          expect(start).toBeLessThanOrEqual(byWaves[index]?.[0] ?? 0);
          for (const [later, other] of touched.entries()) {
            if (later <= index || !conflicts(touched[index], other)) continue;
            expect(byGraph[later]?.[0]).toBeGreaterThanOrEqual(end);
            expect(byWaves[later]?.[0]).toBeGreaterThanOrEqual(byWaves[index]?.[1] ?? 0);
          }
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('as a graph: is told without what follows from the rest', () => {
    fc.assert(
      fc.property(steps, rules, ({ calls }, registry) => {
        const { after = [] } = scheduleGraph(calls, registry, { parallelEnabled: true });
        const reaches = (from: number, to: number): boolean =>
          (after[from] ?? []).some((earlier) => earlier === to || reaches(earlier, to));
        for (const before of after) {
          for (const one of before)
            expect(before.some((other) => other !== one && reaches(other, one))).toBe(false);
        }
      }),
      { numRuns: 200 },
    );
  });
});

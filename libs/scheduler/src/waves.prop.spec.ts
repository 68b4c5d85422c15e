/** What must hold of the waves of any step, against a naive reading of the rules. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { InvocationId } from '@writ/contracts';
import { KeySet } from './keys.ts';
import { schedule } from './index.ts';
import type { ToolRule, Wave, WaveCall } from './index.ts';

const STEPS = '/work/shared/data/bfcl-parallel.jsonl.gz';

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
const NAMES = ['t0', 't1', 't2', 't3'];
const rules = fc.tuple(rule, rule, rule).map((all) => new Map(all.map((one, index) => [`t${index}`, one])));
const calls = fc
  .array(fc.record({ tool: fc.constantFrom(...NAMES), k: fc.option(key) }), { maxLength: 12 })
  .map((all) =>
    all.map(({ tool, k }, index): WaveCall => {
      return { invocation: `${index}` as InvocationId, tool, inputs: k === null ? {} : { k } };
    }),
  );

const overlap = (a: string, b: string): boolean => a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
const flat = (waves: readonly Wave[]): string[] => waves.flatMap((wave) => wave.calls);

/** What a call touches, read naively; undefined when it cannot be computed. */
function touched({ tool, inputs }: WaveCall, terms: ToolRule | undefined): string[] | undefined {
  const declared = (terms?.keys ?? []).map((text) =>
    text.includes('{') ? ('k' in inputs ? text.replace('{args.k}', String(inputs.k)) : undefined) : text,
  );
  if (declared.some((text) => text === undefined)) return undefined;
  const known = declared as string[];
  return known.length > 0 && terms?.class !== undefined ? known : [tool, ...known];
}

const isRead = (terms: ToolRule | undefined): boolean =>
  (terms?.class ?? 'READ_ONLY').toUpperCase() === 'READ_ONLY';

describe('the waves of any step', () => {
  it('hold every call once and in order; no two calls of a parallel wave touch the same', () => {
    fc.assert(
      fc.property(calls, rules, (step, registry) => {
        const waves = schedule(step, registry, { parallelEnabled: true });
        expect(flat(waves)).toEqual(step.map((call) => call.invocation));
        for (const wave of waves) {
          expect(wave.parallel).toBe(wave.calls.length > 1);
          const members = wave.calls.map((id) => step[Number(id)] as WaveCall);
          const keys = members.map((call) => touched(call, registry.get(call.tool)));
          if (wave.parallel) {
            expect(members.every((call) => isRead(registry.get(call.tool)))).toBe(true);
            for (const [index, mine] of keys.entries()) {
              for (const other of keys.slice(index + 1)) {
                expect(mine && other && !mine.some((a) => other.some((b) => overlap(a, b)))).toBe(true);
              }
            }
          }
          expect(new Set(wave.resourceKeys)).toEqual(
            new Set(keys.flatMap((mine, at) => mine ?? [members[at]?.tool])),
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are as few as the rules allow: each wave begins for a reason', () => {
    fc.assert(
      fc.property(calls, rules, (step, registry) => {
        const waves = schedule(step, registry, { parallelEnabled: true });
        for (const [index, wave] of waves.entries()) {
          const before = waves[index - 1];
          const first = step[Number(wave.calls[0])];
          if (!before || !first) continue;
          const alone = (id: string | undefined): boolean => {
            const call = step[Number(id)] as WaveCall;
            const terms = registry.get(call.tool);
            return !isRead(terms) || touched(call, terms) === undefined;
          };
          const keys = touched(first, registry.get(first.tool)) ?? [];
          const collides = keys.some((mine) => before.resourceKeys.some((other) => overlap(mine, other)));
          expect(collides || alone(first.invocation) || alone(before.calls[0])).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('are one call each when parallel waves are switched off', () => {
    fc.assert(
      fc.property(calls, rules, (step, registry) => {
        const waves = schedule(step, registry, { parallelEnabled: false });
        expect(waves.every((wave) => wave.calls.length === 1 && !wave.parallel)).toBe(true);
        expect(flat(waves)).toEqual(step.map((call) => call.invocation));
      }),
    );
  });
});

describe('a set of keys', () => {
  it('overlaps exactly what one of its keys equals, contains or lies in', () => {
    fc.assert(
      fc.property(fc.array(key), key, (all, probe) => {
        const set = new KeySet();
        for (const one of all) set.add(one);
        expect(set.overlaps(probe)).toBe(all.some((one) => overlap(one, probe)));
      }),
    );
  });
});

describe('200 real steps of parallel calls', () => {
  it.skipIf(!existsSync(STEPS))(`keep every call and its order (skipped without ${STEPS})`, () => {
    const lines = gunzipSync(readFileSync(STEPS)).toString('utf8').trim().split('\n');
    const steps = lines.map((line) => JSON.parse(line) as { calls: { tool: string; args: object }[] });
    expect(steps).toHaveLength(200);
    for (const { calls: real } of steps) {
      const step = real.map((call, index): WaveCall => {
        return {
          invocation: `${index}` as InvocationId,
          tool: call.tool,
          inputs: call.args as WaveCall['inputs'],
        };
      });
      const byName = schedule(step, new Map(), { parallelEnabled: true });
      expect(flat(byName)).toEqual(step.map((call) => call.invocation));
      for (const wave of byName) {
        expect(new Set(wave.calls.map((id) => step[Number(id)]?.tool)).size).toBe(wave.calls.length);
      }
      const keyed = new Map(real.map(({ tool, args }) => [tool, distinctKeys(tool, args)]));
      const free = schedule(step, keyed, { parallelEnabled: true });
      expect(flat(free)).toEqual(flat(byName));
      expect(free.length).toBeLessThanOrEqual(byName.length);
    }
  });
});

/** The tool as its owner would declare it: a read whose key is all of its arguments. */
function distinctKeys(tool: string, args: object): ToolRule {
  const names = Object.keys(args).map((name) => `{args.${name}}`);
  return { class: 'READ_ONLY', keys: [`${tool}:${names.join('|')}`] };
}

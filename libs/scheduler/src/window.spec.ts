/** Both kinds of window against the list of all runs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breakerSpec } from '@writ/contracts';
import type { ExecutorId } from '@writ/contracts';
import { markOf, windowFor } from './window.ts';
import type { Mark } from './window.ts';

const run = fc.record({
  failed: fc.boolean(),
  slow: fc.boolean(),
  executor: fc.constantFrom('e1', 'e2', 'e3') as fc.Arbitrary<ExecutorId>,
  pauseMs: fc.nat(3_000),
});

/** What the runs amount to, counted naively. */
function evidenceOf(marks: readonly Mark[]): object {
  const on = (kinds: string): string[] =>
    marks
      .filter((mark) => mark !== null && kinds.includes(mark.charAt(0)))
      .map((mark) => String(mark).slice(2));
  const [failed, slow] = [on('fb'), on('sb')];
  const slowness = slow.length > 0 ? { slow: slow.length, slowExecutors: new Set(slow).size } : {};
  return { calls: marks.length, failures: failed.length, executors: new Set(failed).size, ...slowness };
}

function check(terms: object, latest: (all: readonly { mark: Mark; at: number }[]) => readonly Mark[]) {
  return fc.property(fc.array(run, { maxLength: 40 }), (runs) => {
    const spec = breakerSpec.parse({ tool: 'any', ...terms });
    const window = windowFor(spec);
    const all: { mark: Mark; at: number }[] = [];
    let at = 0;
    for (const { failed, slow, executor, pauseMs } of runs) {
      at += pauseMs;
      const mark = markOf(failed, slow, executor);
      all.push({ mark, at });
      window.add(mark, at);
      const expected = evidenceOf(latest(all));
      expect(window.tally.evidence).toEqual(expected);
      const again = windowFor(spec, JSON.parse(JSON.stringify(window.save())) as never);
      expect(again.tally.evidence).toEqual(expected);
      expect(again.save()).toEqual(window.save());
    }
  });
}

describe('a window', () => {
  it('of runs: counts exactly the latest ones, and is the same after a restart', () => {
    for (const size of [1, 3, 6]) {
      fc.assert(check({ window: size }, (all) => all.slice(-size).map(({ mark }) => mark)));
    }
  });

  it('of seconds: counts exactly those of the latest seconds, and is the same after a restart', () => {
    for (const [seconds, slotMs] of [
      [1, 1_000],
      [5, 1_000],
      [240, 2_000],
    ] as const) {
      const latest = (all: readonly { mark: Mark; at: number }[]): Mark[] => {
        const slot = (at: number): number => Math.floor(at / slotMs);
        const now = slot(all.at(-1)?.at ?? 0);
        return all.filter(({ at }) => slot(at) > now - (1_000 * seconds) / slotMs).map(({ mark }) => mark);
      };
      fc.assert(check({ windowSeconds: seconds }, latest));
    }
  });

  it('of seconds, when time goes back: counts the run in its latest slot', () => {
    const window = windowFor(breakerSpec.parse({ tool: 'any', windowSeconds: 2 }));
    for (const at of [5_000, 1_000]) window.add(null, at);
    expect(window.save()).toEqual({ slots: [{ at: 5, marks: [['-', 2]] }] });
  });
});

/** When each call of a planned step starts and ends, if every call starts as soon as its plan lets it. */
import { invariant } from '@writ/contracts';
import type { Plan } from '../src/index.ts';

/** By call, whose ids are their numbers; `millis` is how long each takes. */
export function spanOf({ waves, after }: Plan, millis: readonly number[]): [number, number][] {
  const spans: [number, number][] = [];
  const order = waves.flatMap((wave) => wave.calls).map(Number);
  let waveEnd = 0;
  for (const { calls } of waves) {
    const start = waveEnd;
    for (const id of calls.map(Number)) {
      const before = (after?.[order.indexOf(id)] ?? []).map((place) => endOf(spans, order[place]));
      const free = after ? Math.max(0, ...before) : start;
      spans[id] = [free, free + (millis[id] ?? 0)];
      waveEnd = Math.max(waveEnd, free + (millis[id] ?? 0));
    }
  }
  return spans;
}

function endOf(spans: readonly [number, number][], call: number | undefined): number {
  const end = spans[call ?? -1]?.[1];
  invariant(end !== undefined, `call ${call} is planned before what it is waited for by`);
  return end;
}

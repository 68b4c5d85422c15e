/**
 * Mode `dag`: a call starts when the earlier calls of its step that it conflicts with are done. Two calls conflict when
 * their keys overlap, or when one of them may touch anything: a call that is not READ_ONLY and declares no keys, or whose
 * keys cannot be computed. Every pair that conflicts stands in different waves too, in the same order; so the order of
 * what conflicts is that of waves, and with room for every call that could run, a step never takes longer.
 */
import type { EventData } from '@writ/contracts';
import { ancestorsOf } from './keys.ts';
import { isParallelSafe, keysOf } from './waves.ts';
import type { ToolRules, WaveCall, WaveOptions } from './waves.ts';

/** A step's plan as it is recorded: its waves, and for one planned as a graph what each call waits for. */
export type Plan = Pick<EventData<'schedule.planned'>, 'waves' | 'after'>;

/** What one call waits for, as places in the order of the calls: none that another of them waits for already. */
type Predecessors = readonly number[];

/** The conflict graph of a step. Pure and total, like `schedule`. */
export function scheduleGraph(
  calls: readonly WaveCall[],
  registry: ToolRules,
  { parallelEnabled }: WaveOptions,
): Plan {
  const index = new KeyIndex();
  const touched = calls.map((call) => {
    const rule = registry.get(call.tool);
    const keys = keysOf(call, rule);
    const bounded = keys !== undefined && (isParallelSafe(rule) || (rule?.keys?.length ?? 0) > 0);
    return { keys: keys ?? [call.tool], bounded: bounded && parallelEnabled };
  });
  const predecessors = touched.map(({ keys, bounded }, place) => {
    const conflicting = bounded ? index.overlapping(keys) : undefined;
    index.add(keys, bounded, place);
    return conflicting;
  });
  return inLevels(calls, touched, reduced(predecessors));
}

/** Which calls have which keys, so that those that overlap a key are found without looking at all of them. */
class KeyIndex {
  readonly #at = new Map<string, number[]>();
  readonly #below = new Map<string, number[]>();
  readonly #unbounded: number[] = [];

  add(keys: readonly string[], bounded: boolean, place: number): void {
    if (!bounded) this.#unbounded.push(place);
    for (const key of keys) {
      listIn(this.#at, key).push(place);
      for (const ancestor of ancestorsOf(key)) listIn(this.#below, ancestor).push(place);
    }
  }

  overlapping(keys: readonly string[]): ReadonlySet<number> {
    const places = new Set(this.#unbounded);
    for (const key of keys) {
      const lists = [this.#at.get(key), this.#below.get(key)];
      for (const ancestor of ancestorsOf(key)) lists.push(this.#at.get(ancestor));
      for (const list of lists) for (const place of list ?? []) places.add(place);
    }
    return places;
  }
}

/** Leaves out what follows from the rest. `undefined` conflicts with every earlier call. */
function reduced(conflicting: readonly (ReadonlySet<number> | undefined)[]): Predecessors[] {
  const reachable: Set<number>[] = [];
  return conflicting.map((places, place) => {
    const before = new Set<number>();
    const direct: number[] = [];
    for (let earlier = place - 1; earlier >= 0; earlier--) {
      if (before.has(earlier) || (places && !places.has(earlier))) continue;
      direct.push(earlier);
      before.add(earlier);
      for (const further of reachable[earlier] ?? []) before.add(further);
    }
    reachable.push(before);
    return direct.toReversed();
  });
}

/** The plan as it is recorded: the calls by their longest way from the beginning, and what each waits for. */
function inLevels(
  calls: readonly WaveCall[],
  touched: readonly { readonly keys: readonly string[] }[],
  predecessors: readonly Predecessors[],
): Plan {
  const levels: number[] = [];
  for (const before of predecessors) {
    levels.push(before.reduce((level, earlier) => Math.max(level, (levels[earlier] ?? 0) + 1), 0));
  }
  const order = calls.map((_, place) => place).sort((a, b) => (levels[a] ?? 0) - (levels[b] ?? 0) || a - b);
  const placeOf = new Map(order.map((call, place) => [call, place]));
  const byLevel: number[][] = [];
  for (const call of order) (byLevel[levels[call] ?? 0] ??= []).push(call);
  const waves = byLevel.map((level) => ({
    calls: level.map((call) => (calls[call] as WaveCall).invocation),
    parallel: level.length > 1,
    resourceKeys: [...new Set(level.flatMap((call) => touched[call]?.keys ?? []))],
  }));
  const after = order.map((call) => (predecessors[call] ?? []).map((earlier) => placeOf.get(earlier) ?? 0));
  return { waves, after };
}

function listIn(lists: Map<string, number[]>, key: string): number[] {
  let list = lists.get(key);
  if (!list) {
    list = [];
    lists.set(key, list);
  }
  return list;
}

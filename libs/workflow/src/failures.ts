/**
 * Failures of contracts, summed up for planners: by node type, tools and reason, with how often and with the calls of
 * those attempts that were accepted afterwards. Bounded: the kind that was seen longest ago gives way.
 */
import type { FailureSummary, Json } from '@writ/contracts';
import { MAX_FAILURE_KINDS, MAX_FIX_CALLS, MAX_FIXES } from './limits.ts';

/** What an attempt was like. */
export interface Tried {
  readonly nodeType: string;
  /** The tools that the node was given, or else those that it called. */
  readonly tools: readonly string[];
}

interface Kind extends Tried {
  readonly reason: string;
  count: number;
  detail: string;
  /** How often each list of calls was what worked; the key is the list as JSON. */
  readonly fixes: Map<string, number>;
}

export class FailureBook {
  readonly #kinds = new Map<string, Kind>();

  get size(): number {
    return this.#kinds.size;
  }

  failed(tried: Tried, reason: string, detail: string): void {
    const key = keyOf(tried, reason);
    const known = this.#kinds.get(key);
    this.#kinds.delete(key);
    this.#kinds.set(key, {
      nodeType: tried.nodeType,
      tools: [...tried.tools].sort(),
      reason,
      count: (known?.count ?? 0) + 1,
      detail,
      fixes: known?.fixes ?? new Map(),
    });
    if (this.#kinds.size <= MAX_FAILURE_KINDS) return;
    for (const oldest of this.#kinds.keys()) {
      this.#kinds.delete(oldest);
      return;
    }
  }

  /** An attempt with these calls was accepted after others had failed for `reason`. */
  fixed(tried: Tried, reason: string, calls: readonly string[]): void {
    const fixes = this.#kinds.get(keyOf(tried, reason))?.fixes;
    if (!fixes) return;
    const text = JSON.stringify(calls.slice(0, MAX_FIX_CALLS));
    if (!fixes.has(text) && fixes.size >= MAX_FIXES) return;
    fixes.set(text, (fixes.get(text) ?? 0) + 1);
  }

  /** The most frequent first. */
  summary(most: number): FailureSummary[] {
    return [...this.#kinds.values()]
      .sort((a, b) => b.count - a.count)
      .slice(0, most)
      .map(({ nodeType, tools, reason, count, detail, fixes }) => ({
        nodeType,
        tools: [...tools],
        reason,
        count,
        detail,
        fixes: [...fixes]
          .sort(([, a], [, b]) => b - a)
          .map(([calls, times]) => ({ calls: JSON.parse(calls) as string[], count: times })),
      }));
  }

  snapshot(): Json {
    return [...this.#kinds.values()].map(({ fixes, ...kind }) => ({
      ...kind,
      fixes: [...fixes],
    }));
  }

  restore(json: Json): this {
    for (const { fixes, ...kind } of json as unknown as (Omit<Kind, 'fixes'> & {
      fixes: [string, number][];
    })[])
      this.#kinds.set(keyOf(kind, kind.reason), { ...kind, fixes: new Map(fixes) });
    return this;
  }
}

function keyOf({ nodeType, tools }: Tried, reason: string): string {
  return `${nodeType} ${reason} ${[...tools].sort().join(' ')}`;
}

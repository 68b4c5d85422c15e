/**
 * What the simulated tools did, kept by themselves: the world outside, which no crash of ours undoes. A queryable tool
 * answers from it; a tool that may act once only must not have acted twice.
 */
import type { Random } from './random.ts';

/** Tools whose second effect is one too many. */
const AT_MOST_ONCE: ReadonlySet<string> = new Set(['order', 'post']);

export class Effects {
  readonly #done = new Map<string, number>();

  act(tool: string, key: string): void {
    const name = `${tool} ${key}`;
    this.#done.set(name, (this.#done.get(name) ?? 0) + 1);
  }

  /** What a tool says when it is asked; now and then it does not know. */
  query(tool: string, key: string, random: Random): 'done' | 'not-done' | 'unknown' {
    if (random.chance(0.2)) return 'unknown';
    return this.#done.has(`${tool} ${key}`) ? 'done' : 'not-done';
  }

  /** Calls that had more than one effect although they must not. */
  get repeated(): string[] {
    return [...this.#done]
      .filter(([name, times]) => times > 1 && AT_MOST_ONCE.has(name.split(' ')[0] ?? ''))
      .map(([name, times]) => `${name} had ${times} effects`);
  }
}

/**
 * Who may vote in whose name, and until when. A delegation is its giver's own fact; it is not passed on, and a vote
 * cast while it lasted stays cast when it ends.
 */
import type { Instant, Json, RecordedFact } from '@writ/contracts';
import { MAX_DELEGATIONS } from './limits.ts';

export interface Delegation {
  readonly from: string;
  readonly to: string;
  readonly untilMs: Instant;
}

export class Delegations {
  /** By giver and receiver, oldest first. */
  readonly #all = new Map<string, Delegation>();

  /** The same two persons again: the new end replaces the old one. */
  fold({ origin: from, data: { to, untilMs }, at }: RecordedFact<'approval.delegated'>): void {
    for (const [key, delegation] of this.#all) if (delegation.untilMs <= at) this.#all.delete(key);
    const key = `${from}/${to}`;
    this.#all.delete(key);
    if (untilMs > at && to !== from && this.#all.size < MAX_DELEGATIONS)
      this.#all.set(key, { from, to, untilMs });
  }

  /** Those in whose name a person may vote, in order of names. */
  delegatorsOf(person: string, at: Instant): readonly string[] {
    if (this.#all.size === 0) return [];
    const given = [...this.#all.values()].filter(({ to, untilMs }) => to === person && at < untilMs);
    return given.map(({ from }) => from).sort();
  }

  inForce(at: Instant): readonly Delegation[] {
    return [...this.#all.values()].filter(({ untilMs }) => at < untilMs);
  }

  snapshot(): Json {
    return [...this.#all.values()] as unknown as Json;
  }

  restore(json: Json): this {
    for (const one of json as unknown as Delegation[]) this.#all.set(`${one.from}/${one.to}`, one);
    return this;
  }
}

/**
 * Standing grants: a person's yes, given ahead of time, to every call of one exact pattern, within a number of uses, an
 * amount and at most eight hours. It is that person's vote and nothing more: the quorum, the person's group and the bar
 * on requesters hold as if the vote were cast by hand, and a hand-cast vote always comes before it.
 */
import { MAX_STANDING_SECONDS, Unit, messageOf } from '@writ/contracts';
import type { Amounts, Instant, JsonObject, Json, RecordedFact } from '@writ/contracts';
import { compileCondition } from '@writ/expressions';
import type { Bindings, Condition } from '@writ/expressions';
import { MAX_STANDING_GRANTS } from './limits.ts';
import type { AskedCall } from './asked-call.ts';

export interface StandingGrant {
  readonly standing: string;
  readonly by: string;
  readonly tool: string;
  readonly project: string;
  readonly condition: string;
  readonly endsAtMs: Instant;
  readonly usesLeft: number;
  readonly costLeft: Amounts;
}

export class StandingGrants {
  /** In the order in which they were given. */
  readonly #all = new Map<string, StandingGrant>();
  /** By condition; made again after a restart. */
  readonly #compiled = new Map<string, Condition>();

  get size(): number {
    return this.#all.size;
  }

  /** Whether it is in force now: its name is new, its condition is about arguments alone, and there is room. */
  fold({ origin: by, data, at }: RecordedFact<'standing.granted'>): boolean {
    for (const one of this.#all.values()) if (isOver(one, at)) this.#drop(one.standing);
    const { standing, tool, project, condition, maxUses, maxCost, lastsSeconds } = data;
    if (this.#all.has(standing) || this.#countOf(by) >= MAX_STANDING_GRANTS) return false;
    if (patternProblem(condition) !== undefined) return false;
    const endsAtMs = at + Math.min(lastsSeconds, MAX_STANDING_SECONDS) * 1_000;
    this.#all.set(standing, {
      standing,
      by,
      tool,
      project,
      condition,
      endsAtMs,
      usesLeft: maxUses,
      costLeft: maxCost,
    });
    return true;
  }

  withdraw({ origin, data: { standing } }: RecordedFact<'standing.withdrawn'>): void {
    if (this.#all.get(standing)?.by === origin) this.#drop(standing);
  }

  /** Those that say yes to the call now, at most one of a person. */
  speakingFor(call: AskedCall, ceiling: Amounts, at: Instant): readonly StandingGrant[] {
    if (this.#all.size === 0) return [];
    const byPerson = new Map<string, StandingGrant>();
    for (const one of this.#all.values()) {
      if (!byPerson.has(one.by) && this.#covers(one, call, ceiling, at)) byPerson.set(one.by, one);
    }
    return [...byPerson.values()];
  }

  /** One use, at the call's ceiling; `uses` is -1 to give it back. */
  charge(standing: string, ceiling: Amounts, uses: 1 | -1): void {
    const one = this.#all.get(standing);
    if (!one) return;
    const costLeft = Object.fromEntries(
      Object.entries(one.costLeft).map(([unit, left]) => [
        unit,
        (
          BigInt(left) -
          BigInt(uses) * BigInt(Object.hasOwn(ceiling, unit) ? (ceiling[unit] ?? 0) : 0)
        ).toString(),
      ]),
    );
    this.#all.set(standing, { ...one, usesLeft: one.usesLeft - uses, costLeft });
  }

  inForce(at: Instant): readonly StandingGrant[] {
    return [...this.#all.values()].filter((one) => !isOver(one, at));
  }

  snapshot(): Json {
    return [...this.#all.values()] as unknown as Json;
  }

  restore(json: Json): this {
    for (const one of json as unknown as StandingGrant[]) this.#all.set(one.standing, one);
    return this;
  }

  #covers(one: StandingGrant, call: AskedCall, ceiling: Amounts, at: Instant): boolean {
    if (one.tool !== call.tool || one.project !== call.request.project || isOver(one, at)) return false;
    return isWithin(ceiling, one.costLeft) && this.#matches(one.condition, call.inputs);
  }

  #matches(source: string, args: JsonObject): boolean {
    let condition = this.#compiled.get(source);
    if (!condition) this.#compiled.set(source, (condition = compileCondition(source)));
    try {
      // It mentions nothing but `args`, or it would not be in force.
      return condition.evaluate({ args } as Bindings);
    } catch {
      return false;
    }
  }

  #countOf(person: string): number {
    return [...this.#all.values()].filter(({ by }) => by === person).length;
  }

  #drop(standing: string): void {
    const dropped = this.#all.get(standing);
    this.#all.delete(standing);
    if (dropped) this.#compiled.delete(dropped.condition);
  }
}

/** Why an expression cannot be the pattern of a standing grant. */
export function patternProblem(condition: string): string | undefined {
  try {
    const foreign = [...compileCondition(condition).references].find((path) => !/^args(\.|\[|$)/.test(path));
    return foreign && `it may only look at the arguments (args.x), not at "${foreign}"`;
  } catch (error) {
    return messageOf(error);
  }
}

function isOver({ usesLeft, endsAtMs }: StandingGrant, at: Instant): boolean {
  return usesLeft <= 0 || at >= endsAtMs;
}

/** Every call counts as one; that is what the uses are for. */
function isWithin(ceiling: Amounts, left: Amounts): boolean {
  return Object.entries(ceiling).every(([unit, amount]) => {
    if (unit === Unit.calls) return true;
    return BigInt(amount) <= BigInt(Object.hasOwn(left, unit) ? (left[unit] ?? 0) : 0);
  });
}

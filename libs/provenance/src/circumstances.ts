/**
 * What belongs to a call's provenance and stands in no fact of the call: which version of the tool was in force when it
 * was decided, who owns its agent, and where its executor's session ran. Each is a fact of its own (`tool.registered`,
 * `owners.defined`, `executor.joined`), told once and not with every call.
 */
import { effectsOf, policyClass } from '@writ/contracts';
import type { AgentId, Fact, RecordedFact, SessionId, ToolSpec } from '@writ/contracts';
import { livesOf } from './life.ts';
import type { InvocationRecord } from './record.ts';
import { subjectOf } from './record.ts';

/** Parts are absent where no fact says them. */
export interface Circumstances {
  readonly tool?: ToolInForce;
  /** Of the call's agent. */
  readonly owner?: string;
  /** Of the sessions of its attempts. */
  readonly places?: readonly Place[];
}

export interface ToolInForce {
  readonly version: string;
  readonly class: string;
  readonly effects: string;
  readonly pool: string;
  /** Ledger sequence of its registration. */
  readonly seq: number;
}

type Joined = Fact<'executor.joined'>['data'];
export type Place = Pick<Joined, 'session' | 'executor' | 'pool' | 'node'>;

/** One word of the catalog and from where on it holds. */
interface Since<T> {
  readonly seq: number;
  readonly value: T;
}

/** The catalog of one tenant as far as provenance needs it, at every sequence; facts come in order. */
export class CatalogHistory {
  readonly #tools = new Map<string, Since<ToolInForce | undefined>[]>();
  readonly #owners: Since<Readonly<Record<string, string>>>[] = [];

  fold(fact: RecordedFact): void {
    const { seq } = fact;
    if (fact.type === 'tool.registered') this.#note(fact.data.tool.name, seq, inForce(fact.data.tool, seq));
    else if (fact.type === 'tool.retired') this.#note(fact.data.tool, seq, undefined);
    else if (fact.type === 'owners.defined') this.#owners.push({ seq, value: fact.data.owners });
  }

  tool(name: string, at: number): ToolInForce | undefined {
    return lastUpTo(this.#tools.get(name) ?? [], at);
  }

  owner(agent: AgentId, at: number): string | undefined {
    const owners = lastUpTo(this.#owners, at) ?? {};
    return Object.hasOwn(owners, agent) ? owners[agent] : undefined;
  }

  #note(tool: string, seq: number, value: ToolInForce | undefined): void {
    const known = this.#tools.get(tool);
    if (known) known.push({ seq, value });
    else this.#tools.set(tool, [{ seq, value }]);
  }
}

/** The circumstances of each life of a record, in the order of `livesOf`. */
export function circumstancesOf(
  record: InvocationRecord,
  catalog: CatalogHistory,
  placeOf: (session: SessionId) => Place | undefined,
): Circumstances[] {
  return livesOf(record).map((life) => {
    const decided = life.decided[0];
    const name = subjectOf(life)?.tool;
    const tool = name && catalog.tool(name, decided?.catalogRevision ?? life.lastSeq);
    const owner = catalog.owner(life.agent, decided?.seq ?? life.lastSeq);
    const sessions = new Set(life.attempts.map(({ session }) => session));
    const places = [...sessions].flatMap((session) => placeOf(session) ?? []);
    return {
      ...(tool ? { tool } : {}),
      ...(owner === undefined ? {} : { owner }),
      ...(places.length > 0 ? { places } : {}),
    };
  });
}

function inForce(tool: ToolSpec, seq: number): ToolInForce {
  const { version, pool } = tool;
  return { version, class: policyClass(tool), effects: effectsOf(tool), pool, seq };
}

function lastUpTo<T>(values: readonly Since<T>[], at: number): T | undefined {
  return values.findLast(({ seq }) => seq <= at)?.value;
}

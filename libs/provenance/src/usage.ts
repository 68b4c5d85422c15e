/**
 * What was used and charged, by account, tool, agent and day: the sum of every attempt that ended, by the rule by which the
 * budget settles. A day is one of UTC.
 */
import type { Amounts, HoldLine, TenantId } from '@writ/contracts';
import { reportedAmount, settledAmount } from './settlement.ts';
import type { Settlement } from './trace.ts';

export interface UsageLine {
  readonly tenant: TenantId;
  /** Days since 1970-01-01. */
  readonly day: number;
  /** Empty for what was used and not held by any account. */
  readonly account: string;
  /** Empty for a call that nobody could read. */
  readonly tool: string;
  readonly agent: string;
  readonly unit: string;
  /** Attempts that ended. */
  attempts: number;
  /** In micro-units. */
  held: bigint;
  used: bigint;
  charged: bigint;
}

type Names = Pick<UsageLine, 'tenant' | 'day' | 'tool' | 'agent'>;

const DAY_MS = 86_400_000;

/** Attempts that held the same lines for the same tool, agent and day: nearly all of a batch. */
interface Group {
  readonly names: Names;
  readonly holds: string;
  readonly lines: readonly (UsageLine & { readonly amount: bigint })[];
  /** Units that no account holds. */
  readonly free: Map<string, UsageLine>;
}

/** What many attempts used alike, read once. */
interface Used {
  readonly text: string;
  readonly amounts: Amounts;
  readonly units: readonly string[];
}

export class UsageTally {
  #groups = new Map<string, Group>();
  /** Of the attempt before, which most are like. */
  #last: Group | undefined;
  #used: Used = { text: '{}', amounts: {}, units: [] };

  add({ trace, at, holds = '[]', used }: Settlement): void {
    const { tenant, agent, tool = '' } = trace;
    const day = Math.floor(at / DAY_MS);
    const group = this.#group({ tenant, day, tool, agent }, holds);
    if (this.#used.text !== used) {
      const amounts = JSON.parse(used) as Amounts;
      this.#used = { text: used, amounts, units: Object.keys(amounts) };
    }
    const { amounts, units } = this.#used;
    for (const line of group.lines) {
      const reported = reportedAmount(amounts, line.unit);
      line.attempts += 1;
      line.held += line.amount;
      line.used += reported ?? 0n;
      line.charged += settledAmount(line.amount, reported);
    }
    for (const unit of units) {
      if (group.lines.some((line) => line.unit === unit)) continue;
      let line = group.free.get(unit);
      if (!line) group.free.set(unit, (line = emptyLine(group.names, '', unit)));
      line.attempts += 1;
      line.used += reportedAmount(amounts, unit) ?? 0n;
    }
  }

  /** Everything added since it was last asked, one line a name. */
  take(): UsageLine[] {
    const lines = new Map<string, UsageLine>();
    for (const group of this.#groups.values()) {
      for (const line of [...group.lines, ...group.free.values()]) {
        const { tenant, day, account, tool, agent, unit } = line;
        const key = [tenant, day, account, tool, agent, unit].join(' ');
        const sum = lines.get(key) ?? emptyLine({ tenant, day, tool, agent }, account, unit);
        lines.set(key, sum);
        sum.attempts += line.attempts;
        sum.held += line.held;
        sum.used += line.used;
        sum.charged += line.charged;
      }
    }
    this.#groups = new Map();
    this.#last = undefined;
    return [...lines.values()];
  }

  #group(names: Names, holds: string): Group {
    const { tenant, day, tool, agent } = names;
    if (this.#last && this.#last.holds === holds && isSame(this.#last.names, names)) return this.#last;
    const key = `${tenant} ${day} ${agent} ${tool} ${holds}`;
    let group = this.#groups.get(key);
    if (!group) {
      const lines = (JSON.parse(holds) as readonly HoldLine[]).map(({ account, unit, amount }) => ({
        ...emptyLine(names, account, unit),
        amount: BigInt(amount),
      }));
      this.#groups.set(key, (group = { names, holds, lines, free: new Map() }));
    }
    return (this.#last = group);
  }
}

function isSame(a: Names, b: Names): boolean {
  return a.tenant === b.tenant && a.day === b.day && a.tool === b.tool && a.agent === b.agent;
}

function emptyLine(names: Names, account: string, unit: string): UsageLine {
  return { ...names, account, unit, attempts: 0, held: 0n, used: 0n, charged: 0n };
}

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

const DAY_MS = 86_400_000;

/** Attempts that held the same lines for the same tool, agent and day: nearly all of a batch. */
interface Group {
  readonly lines: readonly (UsageLine & { readonly amount: bigint })[];
  /** Units that no account holds. */
  readonly free: Map<string, UsageLine>;
}

export class UsageTally {
  #groups = new Map<string, Group>();

  add({ trace, at, holds = '[]', used }: Settlement): void {
    const { tenant, agent, tool = '' } = trace;
    const day = Math.floor(at / DAY_MS);
    const key = `${tenant} ${day} ${agent} ${tool} ${holds}`;
    let group = this.#groups.get(key);
    if (!group) {
      const names = { tenant, day, tool, agent };
      const lines = (JSON.parse(holds) as readonly HoldLine[]).map(({ account, unit, amount }) => ({
        ...emptyLine(names, account, unit),
        amount: BigInt(amount),
      }));
      this.#groups.set(key, (group = { lines, free: new Map() }));
    }
    const usage = JSON.parse(used) as Amounts;
    for (const line of group.lines) {
      const reported = reportedAmount(usage, line.unit);
      line.attempts += 1;
      line.held += line.amount;
      line.used += reported ?? 0n;
      line.charged += settledAmount(line.amount, reported);
    }
    for (const unit of Object.keys(usage)) {
      if (group.lines.some((line) => line.unit === unit)) continue;
      let line = group.free.get(unit);
      if (!line) group.free.set(unit, (line = emptyLine({ tenant, day, tool, agent }, '', unit)));
      line.attempts += 1;
      line.used += reportedAmount(usage, unit) ?? 0n;
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
    return [...lines.values()];
  }
}

function emptyLine(
  names: Pick<UsageLine, 'tenant' | 'day' | 'tool' | 'agent'>,
  account: string,
  unit: string,
): UsageLine {
  return { ...names, account, unit, attempts: 0, held: 0n, used: 0n, charged: 0n };
}

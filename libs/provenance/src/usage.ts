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
  /** How many used what, by its JSON text. */
  readonly used: Map<string, Alike>;
}

/** Attempts of a group that used the same. */
interface Alike {
  readonly group: Group;
  readonly used: string;
  attempts: number;
}

export class UsageTally {
  #groups = new Map<string, Group>();
  /** Those that are like the attempt before, as most are. */
  #last: Alike | undefined;

  /** Counts only: what they used together is worked out once for all that are alike. */
  add({ trace, at, holds = '[]', used }: Settlement): void {
    const { tenant, agent, tool = '' } = trace;
    const day = Math.floor(at / DAY_MS);
    let alike = this.#last;
    if (
      alike?.used !== used ||
      alike.group.holds !== holds ||
      !isOf(alike.group.names, tenant, day, tool, agent)
    ) {
      const group = this.#group({ tenant, day, tool, agent }, holds);
      alike = group.used.get(used);
      if (!alike) group.used.set(used, (alike = { group, used, attempts: 0 }));
      this.#last = alike;
    }
    alike.attempts += 1;
  }

  /** Everything added since it was last asked, one line a name. */
  take(): UsageLine[] {
    const lines = new Map<string, UsageLine>();
    for (const group of this.#groups.values()) {
      for (const { account, unit, ...sums } of linesOf(group)) {
        const { tenant, day, tool, agent } = group.names;
        const key = [tenant, day, account, tool, agent, unit].join(' ');
        const sum = lines.get(key) ?? emptyLine(group.names, account, unit);
        lines.set(key, sum);
        sum.attempts += sums.attempts;
        sum.held += sums.held;
        sum.used += sums.used;
        sum.charged += sums.charged;
      }
    }
    this.#groups = new Map();
    this.#last = undefined;
    return [...lines.values()];
  }

  #group(names: Names, holds: string): Group {
    const { tenant, day, tool, agent } = names;
    const key = `${tenant} ${day} ${agent} ${tool} ${holds}`;
    let group = this.#groups.get(key);
    if (!group) this.#groups.set(key, (group = { names, holds, used: new Map() }));
    return group;
  }
}

/** The lines of what was held, in their order; then those of units that no account holds. */
function linesOf({ names, holds, used }: Group): readonly UsageLine[] {
  const held = (JSON.parse(holds) as readonly HoldLine[]).map(({ account, unit, amount }) => ({
    amount: BigInt(amount),
    line: emptyLine(names, account, unit),
  }));
  const free = new Map<string, UsageLine>();
  for (const { used: text, attempts } of used.values()) {
    const [times, amounts] = [BigInt(attempts), JSON.parse(text) as Amounts];
    for (const { amount, line } of held) {
      const reported = reportedAmount(amounts, line.unit);
      line.attempts += attempts;
      line.held += times * amount;
      line.used += times * (reported ?? 0n);
      line.charged += times * settledAmount(amount, reported);
    }
    for (const unit of Object.keys(amounts)) {
      if (held.some(({ line }) => line.unit === unit)) continue;
      const line = free.get(unit) ?? emptyLine(names, '', unit);
      free.set(unit, line);
      line.attempts += attempts;
      line.used += times * (reportedAmount(amounts, unit) ?? 0n);
    }
  }
  return [...held.map(({ line }) => line), ...free.values()];
}

function isOf(names: Names, tenant: TenantId, day: number, tool: string, agent: string): boolean {
  return names.tenant === tenant && names.day === day && names.tool === tool && names.agent === agent;
}

function emptyLine(names: Names, account: string, unit: string): UsageLine {
  return { ...names, account, unit, attempts: 0, held: 0n, used: 0n, charged: 0n };
}

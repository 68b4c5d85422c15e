/**
 * The sums of a report. Accounts are summed line by line, because a call pays from every account on its way; units are
 * summed once a call, at what one account was charged.
 */
import { formatMicros } from '@writ/contracts';
import { stageOf, subjectOf } from './record.ts';
import type { InvocationRecord } from './record.ts';
import type { CampaignReport } from './report-schema.ts';
import { reportedAmount, settledLines, usageOf } from './settlement.ts';
import type { SettledLine } from './settlement.ts';
import { Totals } from './totals.ts';
import { spanMs } from './wording.ts';

type Summary = CampaignReport['summary'];

interface AccountTotal {
  readonly account: string;
  readonly unit: string;
  held: bigint;
  charged: bigint;
  open: bigint;
}

class ToolSummary {
  calls = 0;
  ranMs = 0;
  readonly outcomes = new Totals();
  readonly charged = new Totals();
  readonly used = new Totals();
}

/** Gathers one life after another; `summary()` tells the sums so far. */
export class SummaryFold {
  #calls = 0;
  #unfinished = 0;
  #breaches = 0;
  readonly #outcomes = new Totals();
  readonly #tools = new Map<string, ToolSummary>();
  readonly #used = new Totals();
  readonly #charged = new Totals();
  readonly #open = new Totals();
  readonly #accounts = new Map<string, AccountTotal>();
  readonly #approvals = { asked: 0, granted: 0, denied: 0, expired: 0, open: 0 };
  readonly #denials = new Map<string, Summary['denials'][number]>();

  add(record: InvocationRecord): void {
    this.#calls += 1;
    this.#breaches += record.breaches.length;
    if (!record.ending) this.#unfinished += 1;
    const tool = this.#tool(subjectOf(record)?.tool ?? '');
    const stage = stageOf(record);
    this.#outcomes.add(stage, 1n);
    tool.calls += 1;
    tool.outcomes.add(stage, 1n);
    this.#addCost(record, tool);
    this.#addApproval(record);
    this.#addDenial(record);
  }

  summary(): Summary {
    return {
      calls: this.#calls,
      unfinished: this.#unfinished,
      outcomes: this.#outcomes.counts(),
      tools: [...this.#tools].sort(byName).map(([tool, { calls, outcomes, charged, used, ranMs }]) => ({
        tool,
        calls,
        outcomes: outcomes.counts(),
        charged: charged.amounts(),
        used: used.amounts(),
        ranMs,
      })),
      cost: this.#cost(),
      accounts: [...this.#accounts].sort(byName).map(([, { account, unit, held, charged, open }]) => ({
        account,
        unit,
        held: formatMicros(held),
        charged: formatMicros(charged),
        open: formatMicros(open),
      })),
      approvals: { ...this.#approvals },
      denials: [...this.#denials].sort(byName).map(([, denial]) => denial),
      breaches: this.#breaches,
    };
  }

  #cost(): Summary['cost'] {
    const units = new Set([...this.#used.names(), ...this.#charged.names()]);
    return [...units].sort().map((unit) => ({
      unit,
      used: formatMicros(this.#used.get(unit)),
      charged: formatMicros(this.#charged.get(unit)),
      open: formatMicros(this.#open.get(unit)),
    }));
  }

  #addCost(record: InvocationRecord, tool: ToolSummary): void {
    const usage = usageOf(record) ?? {};
    for (const unit of Object.keys(usage)) {
      const amount = reportedAmount(usage, unit) ?? 0n;
      this.#used.add(unit, amount);
      tool.used.add(unit, amount);
    }
    const counted = new Set<string>();
    for (const line of settledLines(record)) {
      this.#addLine(line);
      if (counted.has(line.unit)) continue;
      counted.add(line.unit);
      this.#charged.add(line.unit, line.charged);
      this.#open.add(line.unit, line.open);
      tool.charged.add(line.unit, line.charged);
    }
    tool.ranMs += record.tried?.ranMs ?? 0;
    if (record.ending?.type === 'execution.completed') {
      const { startedAtMs, endedAtMs } = record.ending.data as { startedAtMs: number; endedAtMs: number };
      tool.ranMs += spanMs(startedAtMs, endedAtMs) ?? 0;
    }
  }

  #addLine({ account, unit, held, charged, open }: SettledLine): void {
    const key = `${account} ${unit}`;
    const total = this.#accounts.get(key) ?? { account, unit, held: 0n, charged: 0n, open: 0n };
    total.held += held;
    total.charged += charged;
    total.open += open;
    this.#accounts.set(key, total);
  }

  #addApproval({ approval }: InvocationRecord): void {
    if (!approval) return;
    this.#approvals.asked += 1;
    this.#approvals[approval.closed?.result ?? 'open'] += 1;
  }

  #addDenial({ ending, decided }: InvocationRecord): void {
    const denial = ending?.type === 'policy.decided' ? decided.at(-1)?.denial : undefined;
    if (!denial) return;
    const key = `${denial.rule} ${denial.class}`;
    const entry = this.#denials.get(key) ?? { rule: denial.rule, class: denial.class, calls: 0 };
    entry.calls += 1;
    this.#denials.set(key, entry);
  }

  #tool(name: string): ToolSummary {
    let tool = this.#tools.get(name);
    if (!tool) this.#tools.set(name, (tool = new ToolSummary()));
    return tool;
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

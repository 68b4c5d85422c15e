/** What was governed: every ending of the campaign's calls counted by what decided it, and who approved what. */
import type { CampaignReport } from '@writ/provenance';
import type { Entry, Ending } from './journal.ts';

export interface Governed {
  /** How a call ended, by tool. */
  readonly calls: readonly { readonly tool: string; readonly ending: string; readonly calls: number }[];
  readonly approvals: readonly Approved[];
  readonly denials: readonly { readonly rule: string; readonly tool: string; readonly calls: number }[];
  readonly budget: readonly BudgetRefusal[];
  readonly breakers: readonly {
    readonly tool: string;
    readonly refused: number;
    readonly evidence: string;
  }[];
}

export interface Approved {
  readonly tool: string;
  readonly molecule: string | undefined;
  readonly result: string;
  readonly by: readonly string[];
  readonly policies: readonly string[];
}

export interface BudgetRefusal {
  readonly molecule: string | undefined;
  readonly account: string | undefined;
  readonly unit: string | undefined;
  readonly asked: string | undefined;
  readonly free: string | undefined;
  readonly limit: string | undefined;
}

export function governed(entries: readonly Entry[], report: CampaignReport): Governed {
  return {
    calls: counted(entries.map(({ tool, outcome }) => [tool, endingOf(outcome)] as const)).map(
      ([[tool, ending], calls]) => ({ tool, ending, calls }),
    ),
    approvals: approvals(entries, report),
    denials: denials(entries),
    budget: entries.flatMap(({ molecule, outcome }) => {
      if (outcome.status !== 'refused' || outcome.by !== 'budget') return [];
      const { account, unit, asked, free, limit } = outcome;
      return [{ molecule, account, unit, asked, free, limit }];
    }),
    breakers: breakers(entries, report),
  };
}

/** The ending in a word or two: `succeeded`, `refused by budget`, `denied`. */
export function endingOf(outcome: Ending): string {
  return outcome.status === 'refused' ? `refused by ${outcome.by}` : outcome.status;
}

/** In the order of the campaign, because that of the ledger depends on time. */
function approvals(entries: readonly Entry[], report: CampaignReport): Approved[] {
  const asked = new Map(report.approvals.map((approval) => [approval.invocation, approval]));
  return entries.flatMap(({ tool, molecule, outcome }) => {
    const approval = asked.get(outcome.invocation);
    if (!approval) return [];
    const { result, decidedBy: by, policies } = approval;
    return [{ tool, molecule, result, by, policies }];
  });
}

function denials(entries: readonly Entry[]): Governed['denials'] {
  const rules = entries.flatMap(({ tool, outcome }) =>
    outcome.status === 'denied' ? [[outcome.rule, tool] as const] : [],
  );
  return counted(rules).map(([[rule, tool], calls]) => ({ rule, tool, calls }));
}

function breakers(entries: readonly Entry[], report: CampaignReport): Governed['breakers'] {
  const refused = entries.flatMap(({ tool, outcome }) =>
    outcome.status === 'refused' && outcome.by === 'breaker' ? [[tool] as const] : [],
  );
  return counted(refused).map(([[tool], calls]) => {
    const opened = report.breakers.find(
      ({ scope, transition }) => scope === `tool:${tool}` && transition === 'opened',
    );
    const { failures = 0, calls: window = 0 } = opened?.evidence ?? {};
    return { tool, refused: calls, evidence: `${failures} of its last ${window} runs failed` };
  });
}

/** Equal keys counted, in the order in which they first appeared. */
function counted<K extends readonly string[]>(keys: readonly K[]): (readonly [K, number])[] {
  const counts = new Map<string, readonly [K, number]>();
  for (const key of keys) counts.set(key.join('\n'), [key, (counts.get(key.join('\n'))?.[1] ?? 0) + 1]);
  return [...counts.values()];
}

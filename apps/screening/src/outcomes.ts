/**
 * What a test compares: every call of the campaign with what it came to, without ids, times and places. Two runs of the
 * same library give the same outcomes, also when services were killed in one of them.
 */
import type { Ranked } from './campaign.ts';
import type { Governed } from './governed.ts';
import type { Ending, Entry } from './journal.ts';

export interface Outcomes {
  readonly calls: readonly Readonly<Record<string, unknown>>[];
  readonly approvals: Governed['approvals'];
  readonly ranking: readonly { readonly name: string; readonly score: number; readonly energy: number }[];
}

export function outcomesOf(
  entries: readonly Entry[],
  ranking: readonly Ranked[],
  { approvals }: Governed,
): Outcomes {
  return {
    calls: entries.map(({ stage, tool, molecule, outcome }) => ({
      stage,
      tool,
      ...(molecule === undefined ? {} : { molecule }),
      ...essence(tool, outcome),
    })),
    approvals,
    ranking: ranking.map(({ name, score, quantum: { energy } }) => ({
      name,
      score: Math.round(score * 1e6) / 1e6,
      energy,
    })),
  };
}

/** A way in which the campaign did not end as it is designed to, in a sentence; none when it did. */
export function deviations(entries: readonly Entry[]): string[] {
  const wrong = entries.flatMap(({ tool, molecule, outcome }) => {
    if (EXPECTED[tool]?.has(outcome.status)) return [];
    return [
      `${tool}${molecule === undefined ? '' : ` of ${molecule}`} ${outcome.status}: ${reasonOf(outcome)}`,
    ];
  });
  const breaker = entries.some(({ outcome }) => outcome.status === 'refused' && outcome.by === 'breaker');
  return breaker ? wrong : [...wrong, 'the breaker of assay_gateway did not open'];
}

/** A person may say no, or not be there: that ends a call as designed, too. */
const BY_PERSON = ['succeeded', 'denied', 'cancelled'] as const;

const EXPECTED: Readonly<Record<string, ReadonlySet<string>>> = {
  descriptors: new Set(['succeeded']),
  conformer_energy: new Set(['succeeded']),
  quantum_chemistry: new Set([...BY_PERSON, 'refused']),
  assay_gateway: new Set(['succeeded', 'failed', 'refused']),
  synthesize: new Set(BY_PERSON),
  purge_results: new Set(['denied']),
};

/** Sentences are left out where they tell of a moment: how much was held just then, when a breaker is tried again. */
function essence(tool: string, outcome: Ending): Readonly<Record<string, unknown>> {
  switch (outcome.status) {
    case 'succeeded': {
      const { status, usage, output } = outcome;
      return tool === 'synthesize' ? { status, usage } : { status, usage, output };
    }
    case 'failed':
    case 'timed-out':
      return { status: outcome.status, error: outcome.error };
    case 'denied':
      return { status: outcome.status, class: outcome.class, rule: outcome.rule };
    case 'refused': {
      const { status, by, reason, account, unit, asked, free, limit } = outcome;
      return by === 'breaker'
        ? { status, by, reason }
        : { status, by, reason, account, unit, asked, free, limit };
    }
    case 'rejected':
    case 'cancelled':
      return { status: outcome.status, reason: outcome.reason };
    case 'expired':
    case 'indeterminate':
    case 'indeterminate-resolved':
      return { status: outcome.status };
  }
}

function reasonOf(outcome: Ending): string {
  switch (outcome.status) {
    case 'failed':
    case 'timed-out':
      return outcome.error.message;
    case 'refused':
    case 'rejected':
    case 'expired':
      return outcome.detail;
    case 'denied':
    case 'cancelled':
      return outcome.reason;
    case 'indeterminate-resolved':
      return `${outcome.by} says that it ${outcome.as}`;
    case 'indeterminate':
      return 'its executor was lost while it ran, so a person must find out what it did';
    case 'succeeded':
      return 'it was not to be allowed';
  }
}

/**
 * What a deciding service writes, as metrics. Facts are counted in groups first: a counter's price is paid once for each
 * kind of fact in a commit, not once a fact.
 */
import { PolicyMode } from '@writ/contracts';
import type { EventData } from '@writ/contracts';
import type { CommittedFact } from '@writ/ledger';
import { Attribute, FewLabels, Metric } from '@writ/telemetry';
import type { Telemetry } from '@writ/telemetry';

export interface FactMetrics {
  committed(facts: readonly CommittedFact[]): void;
  appended(commits: number, tookMs: number): void;
}

const NO_RULE = 'none';

export function factMetrics({ meter }: Pick<Telemetry, 'meter'>): FactMetrics {
  const facts = meter.createCounter(Metric.facts);
  const decisions = meter.createCounter(Metric.decisions);
  const commits = meter.createCounter(Metric.commits);
  const sizes = meter.createHistogram(Metric.commitEvents);
  const durations = meter.createHistogram(Metric.commitDuration);
  const types = new FewLabels(Attribute.type);
  const rules = new FewLabels(Attribute.effect, Attribute.rule);
  return {
    committed: (committed) => {
      const byType = counted(committed, ({ fact }) => fact.type);
      for (const [type, count] of byType) facts.add(count, types.of(type));
      if (byType.has('policy.decided')) {
        for (const [verdict, count] of counted(committed, effectAndRule)) {
          const [effect, rule] = verdict.split(' ') as [string, string];
          decisions.add(count, rules.of(effect, rule));
        }
      }
      sizes.record(committed.length);
    },
    appended: (count, tookMs) => {
      commits.add(count);
      durations.record(tookMs);
    },
  };
}

function counted(
  committed: readonly CommittedFact[],
  keyOf: (committed: CommittedFact) => string | undefined,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const one of committed) {
    const key = keyOf(one);
    if (key !== undefined) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** `deny no-wipe`; names of rules have no spaces. */
function effectAndRule({ fact }: CommittedFact): string | undefined {
  return fact.type === 'policy.decided' ? `${fact.data.verdict} ${ruleOf(fact.data)}` : undefined;
}

/** The rule that denied, or the one that has the verdict as its action. */
function ruleOf({ verdict, denial, rules }: EventData<'policy.decided'>): string {
  return (
    denial?.rule ??
    rules.find(({ action, mode }) => action === verdict && mode === PolicyMode.enforce)?.policy ??
    NO_RULE
  );
}

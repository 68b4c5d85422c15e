/**
 * What a deciding service writes, as metrics. Facts are counted in groups first: a counter's price is paid once for each
 * kind of fact in a commit, not once a fact.
 */
import type { Attributes } from '@opentelemetry/api';
import type { CommittedFact } from '@writ/ledger';
import { Attribute, Metric } from '@writ/telemetry';
import type { Telemetry } from '@writ/telemetry';

export interface FactMetrics {
  committed(facts: readonly CommittedFact[]): void;
  appended(commits: number, tookMs: number): void;
}

interface Group {
  readonly attributes: Attributes;
  count: number;
}

export function factMetrics({ meter }: Pick<Telemetry, 'meter'>): FactMetrics {
  const facts = meter.createCounter(Metric.facts);
  const commits = meter.createCounter(Metric.commits);
  const sizes = meter.createHistogram(Metric.commitEvents);
  const durations = meter.createHistogram(Metric.commitDuration, { unit: 'ms' });
  return {
    committed: (committed) => {
      for (const { attributes, count } of grouped(committed)) facts.add(count, attributes);
      sizes.record(committed.length);
    },
    appended: (count, tookMs) => {
      commits.add(count);
      durations.record(tookMs);
    },
  };
}

/** By type; decisions also by their verdict and, if they deny, the rule. */
function grouped(committed: readonly CommittedFact[]): Iterable<Group> {
  const groups = new Map<string, Group>();
  for (const { fact } of committed) {
    const decided = fact.type === 'policy.decided' ? fact.data : undefined;
    const rule = decided?.denial?.rule ?? '';
    const key = `${fact.type} ${decided?.verdict ?? ''} ${rule}`;
    const known = groups.get(key);
    if (known) {
      known.count += 1;
      continue;
    }
    const attributes = {
      [Attribute.type]: fact.type,
      ...(decided ? { [Attribute.verdict]: decided.verdict } : {}),
      ...(rule === '' ? {} : { [Attribute.rule]: rule }),
    };
    groups.set(key, { attributes, count: 1 });
  }
  return groups.values();
}

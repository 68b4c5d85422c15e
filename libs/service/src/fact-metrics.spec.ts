import { startTelemetry } from '@writ/telemetry';
import type { CommittedFact } from '@writ/ledger';
import { describe, expect, it } from 'vitest';
import { factMetrics } from './fact-metrics.ts';

function decided(verdict: string, rule?: string): CommittedFact {
  const data = { verdict, ...(rule === undefined ? {} : { denial: { rule } }) };
  return {
    fact: { type: 'policy.decided', tenant: 'lab', data },
    json: '',
    seq: 1,
  } as unknown as CommittedFact;
}

describe('a commit of four decisions', () => {
  it('is counted by verdict and by the rule that denied', async () => {
    const telemetry = await startTelemetry('test');
    const metrics = factMetrics(telemetry);
    metrics.committed([
      decided('allow'),
      decided('deny', 'no-wipe'),
      decided('allow'),
      decided('deny', 'no-wipe'),
    ]);
    metrics.appended(1, 2);
    const text = await telemetry.metricsText();
    expect(text).toMatch(/writ_facts_total\{type="policy.decided",verdict="allow"[^}]*\} 2/);
    expect(text).toMatch(/writ_facts_total\{type="policy.decided",verdict="deny",rule="no-wipe"[^}]*\} 2/);
    expect(text).toMatch(/writ_commits_total(\{[^}]*\})? 1/);
    expect(text).toMatch(/writ_commit_duration_count(\{[^}]*\})? 1/);
    await telemetry.shutdown();
  });
});

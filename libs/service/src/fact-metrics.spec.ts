import { startTelemetry } from '@writ/telemetry';
import type { CommittedFact } from '@writ/ledger';
import { describe, expect, it } from 'vitest';
import { factMetrics } from './fact-metrics.ts';

function decided(verdict: string, rule?: string): CommittedFact {
  const denied = verdict === 'deny';
  const data = {
    verdict,
    rules: rule === undefined || denied ? [] : [{ policy: rule, action: verdict, mode: 'enforce' }],
    ...(denied ? { denial: { rule } } : {}),
  };
  return {
    fact: { type: 'policy.decided', tenant: 'lab', data },
    json: '',
    seq: 1,
  } as unknown as CommittedFact;
}

describe('a commit of decisions', () => {
  it('is counted by type, effect and the rule that made it', async () => {
    const telemetry = await startTelemetry('test');
    const metrics = factMetrics(telemetry);
    metrics.committed([
      decided('allow'),
      decided('deny', 'no-wipe'),
      decided('allow'),
      decided('require-approval', 'ask-first'),
      decided('deny', 'no-wipe'),
    ]);
    metrics.appended(1, 2);
    const text = await telemetry.metricsText();
    expect(text).toMatch(/writ_facts_total\{type="policy.decided"[^}]*\} 5/);
    expect(text).toMatch(/writ_decisions_total\{effect="allow",rule="none"[^}]*\} 2/);
    expect(text).toMatch(/writ_decisions_total\{effect="deny",rule="no-wipe"[^}]*\} 2/);
    expect(text).toMatch(/writ_decisions_total\{effect="require-approval",rule="ask-first"[^}]*\} 1/);
    expect(text).toMatch(/writ_commits_total(\{[^}]*\})? 1/);
    expect(text).toMatch(/writ_commit_duration_count(\{[^}]*\})? 1/);
    await telemetry.shutdown();
  });

  it('by ever new rules: the later ones are counted together', async () => {
    const telemetry = await startTelemetry('test');
    const names = Array.from({ length: 1_050 }, (_, index) => `rule-${index}`);
    factMetrics(telemetry).committed(names.map((name) => decided('deny', name)));
    const text = await telemetry.metricsText();
    expect(text.match(/^writ_decisions_total\{/gm)).toHaveLength(1_001);
    expect(text).toMatch(/writ_decisions_total\{effect="deny",rule="other"[^}]*\} 50/);
    await telemetry.shutdown();
  });
});

/** What the state of the policy says whenever somebody looks: whose calls wait for the budget's word. */
import type { Meter } from '@opentelemetry/api';
import { waitingForBalances } from '@writ/policy';
import type { PolicyState } from '@writ/policy';
import { Attribute, FewLabels, Metric, gathered } from '@writ/telemetry';

export function observeState(meter: Meter, state: () => PolicyState): void {
  const tenants = new FewLabels(Attribute.tenant);
  meter.createObservableGauge(Metric.decisionsWaiting).addCallback((result) => {
    const all = waitingForBalances(state()).map(({ tenant, calls }) => [tenants.of(tenant), calls] as const);
    for (const [labels, calls] of gathered(all, (a, b) => a + b)) result.observe(calls, labels);
  });
}

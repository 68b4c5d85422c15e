/** What the state of the policy says whenever somebody looks: whose calls wait for the budget's word. */
import { waitingForBalances } from '@writ/policy';
import type { PolicyState } from '@writ/policy';
import { Attribute, FewLabels, Metric, observeGauge, sum } from '@writ/telemetry';
import type { Meter } from '@writ/telemetry';

export function observeState(meter: Meter, state: () => PolicyState): void {
  const tenants = new FewLabels(Attribute.tenant);
  observeGauge(meter, Metric.decisionsWaiting, sum, () =>
    waitingForBalances(state()).map(({ tenant, calls }) => [tenants.of(tenant), calls] as const),
  );
}

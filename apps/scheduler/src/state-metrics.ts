/** What the scheduler's state says whenever somebody looks: who waits, and which circuits are open. */
import { breakers, queueDepths } from '@writ/scheduler';
import type { BreakerReport, SchedulerState } from '@writ/scheduler';
import { Attribute, FewLabels, Metric, observeGauge, sum } from '@writ/telemetry';
import type { Meter } from '@writ/telemetry';

const STATUS: Readonly<Record<BreakerReport['status'], number>> = { closed: 0, 'half-open': 1, open: 2 };

export function observeState(meter: Meter, state: () => SchedulerState): void {
  const projects = new FewLabels(Attribute.tenant, Attribute.project);
  observeGauge(meter, Metric.queueDepth, sum, () =>
    queueDepths(state()).map(({ tenant, project, calls }) => [projects.of(tenant, project), calls] as const),
  );
  const scopes = new FewLabels(Attribute.tenant, Attribute.scope);
  observeGauge(meter, Metric.breakerState, Math.max, () =>
    [...state().tenants.keys()].flatMap((tenant) =>
      breakers(state(), tenant).map(
        ({ scope, status }) => [scopes.of(tenant, scope), STATUS[status]] as const,
      ),
    ),
  );
}

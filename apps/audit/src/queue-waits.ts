/** How long granted calls had been ready, told when they have ended: measured here, it costs the scheduler nothing. */
import type { Trace } from '@writ/provenance';
import { Attribute, FewLabels, Metric } from '@writ/telemetry';
import type { Telemetry } from '@writ/telemetry';

/** Takes calls that have ended. Of one that was tried again only the last wait is known, so it does not count. */
export function queueWaits({ meter }: Pick<Telemetry, 'meter'>): (ended: Trace) => void {
  const waits = meter.createHistogram(Metric.queueWait);
  const projects = new FewLabels(Attribute.tenant, Attribute.project);
  return ({ tenant, project, attempts, decidedAt, closedAt, reservedAt, dispatchedAt }) => {
    if (attempts !== 1 || dispatchedAt === undefined || reservedAt === undefined) return;
    const readyAt = Math.max(decidedAt ?? 0, closedAt ?? 0, reservedAt);
    waits.record(Math.max(0, dispatchedAt - readyAt), projects.of(tenant, project ?? ''));
  };
}

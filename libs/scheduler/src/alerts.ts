/**
 * Alerts: what people have to hear of. Each is a fact, raised once, and stays open in the state until every webhook of
 * the cell took it: so a new leader knows what is still to be sent, and sending is at least once.
 */
import { SafetyClass } from '@writ/contracts';
import type { EventData, Fact, InvocationId, RecordedFact, TenantId } from '@writ/contracts';
import { releaseVersion } from './catalog.ts';
import { MAX_FACTS_PER_ANSWER, MAX_OPEN_ALERTS } from './limits.ts';
import type { SchedulerState } from './state.ts';
import type { Call } from './model.ts';

/** What became of the sending of an alert; known to the process that sends. */
export interface SentAlert {
  readonly alert: string;
  readonly outcome: EventData<'alert.closed'>['outcome'];
}

/** The name of the next alert; `ahead` more are raised in the same answer before it. */
export function alertName(state: SchedulerState, ahead: number): string {
  return `alert-${state.alerts + ahead + 1}`;
}

/** Notes what a completed call was seen to write, when its tool's registered class says that it does not. */
export function noteWrites(state: SchedulerState, call: Call, writes: readonly string[]): void {
  const { tenant, invocation, version } = call;
  if (!version || version.spec.class !== SafetyClass.readOnly) return;
  if (version.wrote || state.unannounced.has(version)) return;
  // Held by its debt, so that the alert can be matched after the last call of it has ended.
  version.uses++;
  state.unannounced.set(version, { tenant, invocation, writes: [...writes] });
}

export function announceWrites(state: SchedulerState): Fact[] {
  if (state.unannounced.size === 0) return [];
  return [...state.unannounced]
    .slice(0, MAX_FACTS_PER_ANSWER)
    .map(([{ spec }, { tenant, invocation, writes }], index) => {
      const seen = writes.slice(0, 3).join(', ');
      const more = writes.length > 3 ? ` and ${writes.length - 3} more` : '';
      const detail = `tool "${spec.name}" is registered READ_ONLY, but ${seen}${more} changed while it ran`;
      const alert = alertName(state, index);
      const data = { alert, kind: 'undeclared-write' as const, detail, tool: spec.name, invocation };
      return { type: 'alert.raised', tenant, data };
    });
}

/** Alerts that were sent, or given up, since they were raised. */
export function closeAlerts(state: SchedulerState, sent: readonly SentAlert[]): Fact[] {
  return sent.flatMap(({ alert, outcome }): Fact[] => {
    const open = state.openAlerts.get(alert);
    return open ? [{ type: 'alert.closed', tenant: open.tenant, data: { alert, outcome } }] : [];
  });
}

export function onAlertRaised(
  state: SchedulerState,
  { tenant, at, data }: RecordedFact<'alert.raised'>,
): void {
  state.alerts++;
  if (data.kind === 'undeclared-write') settleWrites(state, tenant, data.invocation);
  state.openAlerts.set(data.alert, { tenant, at, data });
  for (const oldest of state.openAlerts.keys()) {
    if (state.openAlerts.size <= MAX_OPEN_ALERTS) break;
    state.openAlerts.delete(oldest);
  }
}

export function onAlertClosed(state: SchedulerState, { data }: RecordedFact<'alert.closed'>): void {
  state.openAlerts.delete(data.alert);
}

/** The write is told: later ones of this version of the tool are no news. */
function settleWrites(state: SchedulerState, id: TenantId, invocation: InvocationId | undefined): void {
  const tenant = state.tenants.get(id);
  for (const [version, write] of state.unannounced) {
    if (write.tenant !== id || write.invocation !== invocation) continue;
    state.unannounced.delete(version);
    version.wrote = true;
    if (tenant) releaseVersion(tenant, version);
  }
}

/** What breakers owe: turns of circuits with their evidence, the end of what was forced, refusals of the calls behind them. */
import { CELL, invariant } from '@writ/contracts';
import type { EventData, Fact, Instant } from '@writ/contracts';
import { alertName } from './alerts.ts';
import { byName, turnOwed } from './breaker.ts';
import { refusedUntilMs, refusingBreaker } from './gates.ts';
import { MAX_FACTS_PER_ANSWER } from './limits.ts';
import type { SchedulerState } from './state.ts';
import type { Evidence } from './window.ts';
import { Walk } from './walk.ts';
import type { Breaker, Call } from './model.ts';

/** An opening is two facts: the turn and the alert. */
const MAX_TURNS_PER_ANSWER = MAX_FACTS_PER_ANSWER / 2;

export function turnBreakers(state: SchedulerState, now: Instant): Fact[] {
  if (state.turning.size > 0) return turnsOf(state, now);
  const forced = state.forcedBreakers.peek();
  if (forced?.force && (forced.force.untilMs ?? Infinity) <= now) {
    const data = { scope: forced.scope, mode: forced.force.mode };
    return [{ type: 'breaker.force-expired', tenant: forced.tenant, data }];
  }
  const next = state.openBreakers.peek();
  if (next?.circuit.status === 'open' && next.circuit.untilMs <= now) {
    const data = { scope: next.scope, permits: next.spec.halfOpenPermits };
    return [{ type: 'breaker.half-opened', tenant: next.tenant, data }];
  }
  return [];
}

export function refuseBroken(state: SchedulerState): Fact[] {
  const facts: Fact[] = [];
  if (state.refusing.size === 0) return facts;
  const queue = new Walk(state.refusing, () => true);
  while (facts.length < MAX_FACTS_PER_ANSWER) {
    const call = queue.next();
    if (!call) break;
    facts.push(refusalOf(call));
  }
  return facts;
}

/** `tool "dock"`, `pool "gpu"`, `everything`; of a breaker over all tenants with `of the cell`. */
export function scopeInWords({ tenant, scope }: Pick<Breaker, 'tenant' | 'scope'>): string {
  const [kind = '', name] = scope.split(':');
  const words = name === undefined ? 'everything' : `${kind} "${name}"`;
  return tenant === CELL ? `${words} of the cell` : words;
}

function turnsOf(state: SchedulerState, now: Instant): Fact[] {
  const facts: Fact[] = [];
  let alerts = 0;
  for (const breaker of [...state.turning].sort(byName).slice(0, MAX_TURNS_PER_ANSWER)) {
    const { tenant, scope, circuit, spec } = breaker;
    if (circuit.status === 'open') continue;
    const { evidence } = circuit.window.tally;
    if (turnOwed(breaker) === 'close') {
      facts.push({ type: 'breaker.closed', tenant, data: { scope, evidence } });
      continue;
    }
    const untilMs = now + Math.ceil(spec.openSeconds * 1_000);
    const detail = `the circuit of ${scopeInWords(breaker)} opened: ${inWords(evidence)}`;
    const data: EventData<'alert.raised'> = {
      alert: alertName(state, alerts++),
      kind: 'breaker-opened',
      detail,
      scope,
    };
    facts.push({ type: 'breaker.opened', tenant, data: { scope, evidence, untilMs } });
    facts.push({ type: 'alert.raised', tenant, data });
  }
  return facts;
}

function inWords({ calls, failures, slow }: Evidence): string {
  const slowness = slow === undefined ? '' : `, ${slow} were slow`;
  return `${failures} of its last ${calls} runs failed${slowness}`;
}

function refusalOf({ tenant, invocation, agent, version }: Call): Fact {
  const breaker = refusingBreaker(version?.door.breakers ?? []);
  invariant(
    breaker,
    `call ${tenant}/${invocation} is to be refused, so a breaker before its queue refuses it`,
  );
  const untilMs = refusedUntilMs(breaker);
  const { force, circuit } = breaker;
  const what = scopeInWords(breaker);
  const why = force
    ? `an operator opened the circuit of ${what}: ${force.reason}`
    : `the circuit of ${what} is open: ${circuit.status === 'open' ? inWords(circuit.evidence) : ''}`;
  const known = Number.isFinite(untilMs);
  const detail = known ? `${why}; it is tried again after ${new Date(untilMs).toISOString()}` : why;
  const data = { invocation, agent, reason: 'breaker-open' as const, detail };
  return { type: 'schedule.refused', tenant, data: known ? { ...data, retryAtMs: untilMs } : data };
}
